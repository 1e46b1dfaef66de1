"""Teams, invitations, service accounts, narrower tokens, and every name that a namespace ever had."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def remember_names(apps, schema_editor):
    """The name of every namespace so far is its own for good."""
    names = apps.get_model("hub", "NamespaceName")
    rows = apps.get_model("hub", "Namespace").objects.values_list("slug", "id")
    names.objects.bulk_create(names(slug=slug, namespace_id=id) for slug, id in rows)


def keep_powers(apps, schema_editor):
    """Changing and deleting packages was part of the scope `publish`; it is `manage` now."""
    for token in apps.get_model("hub", "ApiToken").objects.filter(scopes__contains=["publish"]):
        token.scopes = sorted({*token.scopes, "manage"})
        token.save(update_fields=["scopes"])


class Migration(migrations.Migration):
    dependencies = [
        ("hub", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("owner", "Owner"),
                            ("admin", "Admin"),
                            ("maintainer", "Maintainer"),
                            ("auditor", "Auditor"),
                            ("member", "Member"),
                        ],
                        max_length=10,
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("sent_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="NamespaceName",
            fields=[
                ("slug", models.CharField(max_length=39, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ServiceAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("description", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="Team",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.CharField(max_length=39)),
                ("name", models.CharField(max_length=100)),
                ("description", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["slug", "id"],
            },
        ),
        migrations.CreateModel(
            name="TeamMembership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("manual", "Added here"),
                            ("invitation", "Invitation"),
                            ("sso", "Single sign-on"),
                            ("scim", "SCIM"),
                        ],
                        default="manual",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="apitoken",
            name="token_scopes_known",
        ),
        migrations.RemoveConstraint(
            model_name="membership",
            name="membership_role_known",
        ),
        migrations.AddField(
            model_name="apitoken",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="kind",
            field=models.CharField(
                choices=[
                    ("personal", "Personal token"),
                    ("service", "Service account"),
                    ("device", "Signed-in device"),
                    ("publishing", "Trusted publishing"),
                ],
                default="personal",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="last_used_ip",
            field=models.GenericIPAddressField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="organization",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tokens",
                to="hub.organization",
            ),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="package_patterns",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=140), blank=True, default=list
            ),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="replaces",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="replacements",
                to="hub.apitoken",
            ),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="second_factor",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="sso_organizations",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), blank=True, default=list
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="source",
            field=models.CharField(
                choices=[
                    ("manual", "Added here"),
                    ("invitation", "Invitation"),
                    ("sso", "Single sign-on"),
                    ("scim", "SCIM"),
                ],
                default="manual",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="namespace",
            name="closed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="organization",
            name="deleted_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="organization",
            name="purged_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="organization",
            name="second_factor_required",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="organization",
            name="sso_required",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="organization",
            name="token_max_days",
            field=models.PositiveSmallIntegerField(
                blank=True, help_text="The longest life of a token that works here; empty for no limit.", null=True
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="is_service",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="apitoken",
            name="user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tokens",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="membership",
            name="role",
            field=models.CharField(
                choices=[
                    ("owner", "Owner"),
                    ("admin", "Admin"),
                    ("maintainer", "Maintainer"),
                    ("auditor", "Auditor"),
                    ("member", "Member"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("scopes__contained_by", ["read", "publish", "manage", "admin", "audit", "scim"]),
                    models.Q(("scopes", []), _negated=True),
                ),
                name="token_scopes_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.CheckConstraint(
                condition=models.Q(("user__isnull", False), ("kind", "publishing"), _connector="OR"),
                name="token_has_a_holder",
            ),
        ),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["personal", "service", "device", "publishing"])),
                name="token_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["owner", "admin", "maintainer", "auditor", "member"])),
                name="membership_role_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["manual", "invitation", "sso", "scim"])),
                name="membership_source_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="organization",
            constraint=models.CheckConstraint(
                condition=models.Q(("token_max_days", None), ("token_max_days__gte", 1), _connector="OR"),
                name="organization_token_days_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="organization",
            constraint=models.CheckConstraint(
                condition=models.Q(("purged_at", None), ("deleted_at__isnull", False), _connector="OR"),
                name="organization_purged_after_deletion",
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="accepted_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="invited_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="invitations", to="hub.organization"
            ),
        ),
        migrations.AddField(
            model_name="namespacename",
            name="namespace",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="names", to="hub.namespace"
            ),
        ),
        migrations.AddField(
            model_name="serviceaccount",
            name="created_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="serviceaccount",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="service_accounts", to="hub.organization"
            ),
        ),
        migrations.AddField(
            model_name="serviceaccount",
            name="user",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="service_account", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="team",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="teams", to="hub.organization"
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="teams",
            field=models.ManyToManyField(blank=True, related_name="+", to="hub.team"),
        ),
        migrations.AddField(
            model_name="teammembership",
            name="membership",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="teams", to="hub.membership"
            ),
        ),
        migrations.AddField(
            model_name="teammembership",
            name="team",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="hub.team"
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceaccount",
            constraint=models.UniqueConstraint(
                fields=("organization", "name"), name="service_account_once_per_organization"
            ),
        ),
        migrations.AddConstraint(
            model_name="team",
            constraint=models.UniqueConstraint(fields=("organization", "slug"), name="team_once_per_organization"),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("accepted_at", None), ("revoked_at", None)),
                fields=("organization", "email"),
                name="invitation_open_once_per_address",
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["owner", "admin", "maintainer", "auditor", "member"])),
                name="invitation_role_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.CheckConstraint(
                condition=models.Q(("accepted_at", None), ("revoked_at", None), _connector="OR"),
                name="invitation_ends_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="teammembership",
            constraint=models.UniqueConstraint(fields=("team", "membership"), name="team_membership_once"),
        ),
        migrations.AddConstraint(
            model_name="teammembership",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["manual", "invitation", "sso", "scim"])),
                name="team_membership_source_known",
            ),
        ),
        migrations.CreateModel(
            name="DeviceRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("client", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=60)),
                ("scopes", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20))),
                ("device_digest", models.CharField(max_length=64, unique=True)),
                ("user_digest", models.CharField(max_length=64, unique=True)),
                ("ip_address", models.GenericIPAddressField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                (
                    "interval",
                    models.PositiveSmallIntegerField(help_text="Seconds between two questions of the client."),
                ),
                ("polled_at", models.DateTimeField(blank=True, null=True)),
                ("outcome", models.CharField(default="open", max_length=10)),
                (
                    "sso_organizations",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), blank=True, default=list
                    ),
                ),
                ("second_factor", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="RefreshToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField(db_index=True)),
                ("spent_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.AddField(
            model_name="apitoken",
            name="signed_in_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="Device",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("client", models.CharField(max_length=100)),
                ("name", models.CharField(max_length=60)),
                ("scopes", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20))),
                (
                    "sso_organizations",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), blank=True, default=list
                    ),
                ),
                ("second_factor", models.BooleanField(default=False)),
                (
                    "ip_address",
                    models.GenericIPAddressField(blank=True, help_text="From where it last got a token.", null=True),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("refreshed_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="hub.organization",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="devices", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.AddField(
            model_name="apitoken",
            name="device",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tokens",
                to="hub.device",
            ),
        ),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("device__isnull", False), ("kind", "device"), ("signed_in_at__isnull", False)),
                    models.Q(models.Q(("kind", "device"), _negated=True), ("device", None), ("signed_in_at", None)),
                    _connector="OR",
                ),
                name="token_of_a_device",
            ),
        ),
        migrations.AddField(
            model_name="devicerequest",
            name="organization",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="hub.organization",
            ),
        ),
        migrations.AddField(
            model_name="devicerequest",
            name="user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="refreshtoken",
            name="device",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="refresh_tokens", to="hub.device"
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(fields=["user", "-created_at", "-id"], name="device_by_user"),
        ),
        migrations.AddIndex(
            model_name="devicerequest",
            index=models.Index(fields=["expires_at"], name="device_request_by_end"),
        ),
        migrations.AddConstraint(
            model_name="devicerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["open", "confirmed", "denied", "used"])),
                name="device_request_outcome_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="devicerequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "open"), ("user", None)),
                    models.Q(models.Q(("outcome", "open"), _negated=True), ("user__isnull", False)),
                    _connector="OR",
                ),
                name="device_request_answered_by_somebody",
            ),
        ),
        migrations.CreateModel(
            name="GroupMapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("group", models.CharField(max_length=255)),
                (
                    "role",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("owner", "Owner"),
                            ("admin", "Admin"),
                            ("maintainer", "Maintainer"),
                            ("auditor", "Auditor"),
                            ("member", "Member"),
                        ],
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="group_mappings",
                        to="hub.organization",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="group_mappings",
                        to="hub.team",
                    ),
                ),
            ],
            options={
                "ordering": ["group", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "group", "role", "team"),
                        name="group_mapping_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("role", ""), _negated=True), ("team__isnull", False), _connector="OR"
                        ),
                        name="group_mapping_gives_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("role", ""),
                            models.Q(
                                ("role__in", ["owner", "admin", "maintainer", "auditor", "member"]),
                                models.Q(("role", "owner"), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="group_mapping_makes_no_owner",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SsoConnection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=32, unique=True)),
                ("protocol", models.CharField(choices=[("oidc", "OpenID Connect"), ("saml", "SAML")], max_length=4)),
                ("issuer", models.CharField(max_length=500)),
                ("client_id", models.CharField(blank=True, max_length=255)),
                ("sealed_secret", models.TextField(blank=True)),
                ("sso_url", models.CharField(blank=True, max_length=500)),
                ("certificates", models.TextField(blank=True)),
                ("groups_claim", models.CharField(blank=True, max_length=255)),
                ("jit_enabled", models.BooleanField(default=True)),
                (
                    "default_role",
                    models.CharField(
                        choices=[
                            ("owner", "Owner"),
                            ("admin", "Admin"),
                            ("maintainer", "Maintainer"),
                            ("auditor", "Auditor"),
                            ("member", "Member"),
                        ],
                        default="member",
                        max_length=10,
                    ),
                ),
                ("session_hours", models.PositiveSmallIntegerField(default=12)),
                ("is_enabled", models.BooleanField(default=False)),
                ("configured_at", models.DateTimeField()),
                ("tested_at", models.DateTimeField(blank=True, null=True)),
                ("last_error", models.CharField(blank=True, max_length=300)),
                ("failed_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sso_connection",
                        to="hub.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("protocol__in", ["oidc", "saml"])), name="sso_protocol_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("default_role__in", ["owner", "admin", "maintainer", "auditor", "member"]),
                            models.Q(("default_role", "owner"), _negated=True),
                        ),
                        name="sso_makes_no_owner",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_enabled", False), ("tested_at__isnull", False), _connector="OR"),
                        name="sso_enabled_if_tested",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("session_hours__gte", 1)), name="sso_session_hours_positive"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScimGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("external_id", models.CharField(blank=True, max_length=255)),
                ("display_name", models.CharField(max_length=255)),
                ("display_key", models.CharField(max_length=255)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="scim_groups", to="hub.organization"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="ScimUser",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "made_account",
                    models.BooleanField(default=False, help_text="Whether the account was made for this row."),
                ),
                ("external_id", models.CharField(blank=True, max_length=255)),
                ("user_name", models.CharField(max_length=255)),
                ("user_key", models.CharField(max_length=255)),
                (
                    "addresses",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=254), blank=True, default=list
                    ),
                ),
                (
                    "attributes",
                    models.JSONField(default=dict, help_text="Names and e-mail addresses as the client sent them."),
                ),
                ("active", models.BooleanField(default=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="scim_users", to="hub.organization"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scim_users",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="ScimGroupMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="members", to="hub.scimgroup"
                    ),
                ),
                (
                    "scim_user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="groups", to="hub.scimuser"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="scimgroup",
            constraint=models.UniqueConstraint(fields=("organization", "display_key"), name="scim_group_name_once"),
        ),
        migrations.AddConstraint(
            model_name="scimgroup",
            constraint=models.UniqueConstraint(
                condition=models.Q(("external_id", ""), _negated=True),
                fields=("organization", "external_id"),
                name="scim_group_external_id_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="scimuser",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at", None)),
                fields=("organization", "user_key"),
                name="scim_user_name_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="scimuser",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at", None), models.Q(("external_id", ""), _negated=True)),
                fields=("organization", "external_id"),
                name="scim_user_external_id_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="scimuser",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at", None)), fields=("organization", "user"), name="scim_user_account_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="scimuser",
            constraint=models.CheckConstraint(
                condition=models.Q(("deleted_at", None), ("active", False), _connector="OR"),
                name="scim_user_deleted_is_inactive",
            ),
        ),
        migrations.AddConstraint(
            model_name="scimgroupmember",
            constraint=models.UniqueConstraint(fields=("group", "scim_user"), name="scim_group_member_once"),
        ),
        migrations.RunPython(remember_names, migrations.RunPython.noop),
        migrations.RunPython(keep_powers, migrations.RunPython.noop),
    ]
