"""Grants, transfers, and CI jobs that may publish."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hub', '0002_people_and_permission'),
        ('registry', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='release',
            name='published_from',
            field=models.JSONField(blank=True, help_text='The CI job that published it (trusted publishing), as its issuer claimed.', null=True),
        ),
        migrations.CreateModel(
            name='TrustedPublisher',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(help_text='A key of registry.domain.publishers.PROVIDERS.', max_length=20)),
                ('issuer', models.CharField(max_length=200)),
                ('repository', models.CharField(max_length=200)),
                ('repository_id', models.CharField(blank=True, max_length=100)),
                ('workflow', models.CharField(blank=True, max_length=200)),
                ('environment', models.CharField(blank=True, max_length=100)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('package', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='trusted_publishers', to='registry.package')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='PublishingToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('claims', models.JSONField(default=dict)),
                ('token', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='publishing', to='hub.apitoken')),
                ('publisher', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to='registry.trustedpublisher')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='UsedIdentityToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('issuer', models.CharField(max_length=200)),
                ('digest', models.CharField(help_text="SHA-256 of the token's id, or of the token where it has none.", max_length=64)),
                ('expires_at', models.DateTimeField(db_index=True, help_text='Afterwards the token is refused by its own time.')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('issuer', 'digest'), name='identity_token_used_once')],
            },
        ),
        migrations.CreateModel(
            name='FormerPackageName',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('namespace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='hub.namespace')),
                ('package', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='former_names', to='registry.package')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('namespace', 'name'), name='former_name_once')],
            },
        ),
        migrations.CreateModel(
            name='Grant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('permission', models.CharField(choices=[('read', 'Read'), ('publish', 'Publish'), ('manage', 'Manage')], max_length=10)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('granted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('membership', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='grants', to='hub.membership')),
                ('package', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='grants', to='registry.package')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='grants', to='hub.team')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='grants', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('team__isnull', True), ('user__isnull', False)), models.Q(('team__isnull', False), ('user__isnull', True)), _connector='OR'), name='grant_has_one_grantee'), models.CheckConstraint(condition=models.Q(('membership__isnull', True), ('user__isnull', False), _connector='OR'), name='grant_membership_is_the_users'), models.CheckConstraint(condition=models.Q(('permission__in', ['read', 'publish', 'manage'])), name='grant_permission_known'), models.UniqueConstraint(fields=('package', 'user'), name='grant_once_per_user'), models.UniqueConstraint(fields=('package', 'team'), name='grant_once_per_team')],
            },
        ),
        migrations.CreateModel(
            name='PackageTransfer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('declined_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('destination', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='incoming_transfers', to='hub.namespace')),
                ('package', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='transfers', to='registry.package')),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='hub.namespace')),
            ],
            options={
                'ordering': ['-created_at', '-id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('accepted_at', None), ('cancelled_at', None), ('declined_at', None)), fields=('package',), name='transfer_open_once_per_package')],
            },
        ),
        migrations.AddConstraint(
            model_name='trustedpublisher',
            constraint=models.UniqueConstraint(fields=('package', 'issuer', 'repository', 'workflow', 'environment'), name='trusted_publisher_once'),
        ),
    ]
