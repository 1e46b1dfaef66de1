"""Makes the audit log append-only in the database, marks what it holds already, and makes room for seals.

The triggers are plain SQL: those of django-pgtrigger can be switched off by any client through a session variable.
"""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from hub.domain import audit, audit_keys

BATCH = 1000

LABELS = """
UPDATE hub_auditevent AS event SET
    uid = gen_random_uuid(),
    token_label = coalesce((SELECT name FROM hub_apitoken WHERE id = event.token_id), ''),
    namespace_label = coalesce((SELECT slug FROM hub_namespace WHERE id = event.namespace_id), '')
"""

TRIGGERS = """
CREATE FUNCTION hub_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'hub_auditevent' THEN
        IF OLD.at < nullif(current_setting('hub.audit_prune_before', true), '')::timestamptz
            AND NOT EXISTS (SELECT FROM hub_auditunsealed WHERE event_id = OLD.id)
        THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'The audit log only grows: % of % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE FUNCTION hub_audit_wait() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hub_auditunsealed (event_id) VALUES (NEW.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER hub_audit_wait AFTER INSERT ON hub_auditevent FOR EACH ROW EXECUTE FUNCTION hub_audit_wait();
CREATE TRIGGER hub_audit_refuse BEFORE UPDATE OR DELETE ON hub_auditevent FOR EACH ROW EXECUTE FUNCTION hub_audit_refuse();
CREATE TRIGGER hub_audit_refuse_all BEFORE TRUNCATE ON hub_auditevent FOR EACH STATEMENT EXECUTE FUNCTION hub_audit_refuse();
CREATE TRIGGER hub_audit_refuse BEFORE UPDATE OR DELETE ON hub_auditseal FOR EACH ROW EXECUTE FUNCTION hub_audit_refuse();
CREATE TRIGGER hub_audit_refuse_all BEFORE TRUNCATE ON hub_auditseal FOR EACH STATEMENT EXECUTE FUNCTION hub_audit_refuse();
"""

NO_TRIGGERS = """
DROP TRIGGER hub_audit_wait ON hub_auditevent;
DROP TRIGGER hub_audit_refuse ON hub_auditevent;
DROP TRIGGER hub_audit_refuse_all ON hub_auditevent;
DROP TRIGGER hub_audit_refuse ON hub_auditseal;
DROP TRIGGER hub_audit_refuse_all ON hub_auditseal;
DROP FUNCTION hub_audit_wait;
DROP FUNCTION hub_audit_refuse;
"""


def take_over(apps, schema_editor):
    """Mark the events that are there as the hub's own, and let them wait for the first seal."""
    event_model = apps.get_model("hub", "AuditEvent")
    waiting_model = apps.get_model("hub", "AuditUnsealed")
    key = audit_keys.from_secret(settings.AUDIT_KEYS[0])
    last = 0
    while events := list(event_model.objects.filter(id__gt=last).order_by("id")[:BATCH]):
        for event in events:
            event.mark = key.mark(audit.digest(facts(event)))
        event_model.objects.bulk_update(events, ["mark"])
        waiting_model.objects.bulk_create(waiting_model(event_id=event.id) for event in events)
        last = events[-1].id


def facts(event):
    """What `hub.services.audit.facts` said of an event when this migration was written."""
    return {
        "uid": str(event.uid),
        "at": audit.moment(event.at),
        "action": event.action,
        "actor_id": event.actor_id,
        "actor": event.actor_label,
        "token_id": event.token_id,
        "token": event.token_label,
        "on_behalf_of": event.on_behalf_of,
        "source": event.source,
        "namespace_id": event.namespace_id,
        "namespace": event.namespace_label,
        "target_type": event.target_type,
        "target_id": event.target_id,
        "target": event.target_label,
        "request_id": event.request_id,
        "ip_address": audit.address(event.ip_address),
        "data": event.data,
    }


class Migration(migrations.Migration):

    dependencies = [
        ('hub', '0002_people_and_permission'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditSeal',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('newest_at', models.DateTimeField(help_text='When the newest of the events happened.')),
                ('first_position', models.BigIntegerField()),
                ('ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField())),
                ('digests', models.BinaryField()),
                ('previous', models.CharField(max_length=64)),
                ('key', models.CharField(help_text='The fingerprint of the key that signed.', max_length=16)),
                ('signature', models.BinaryField()),
            ],
            options={
                'ordering': ['number'],
                'constraints': [models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='audit_seal_number_positive')],
            },
        ),
        migrations.CreateModel(
            name='AuditUnsealed',
            fields=[
                ('event_id', models.BigIntegerField(primary_key=True, serialize=False)),
            ],
        ),
        migrations.AlterField('auditevent', 'at', models.DateTimeField()),
        migrations.AlterField(
            'auditevent', 'actor',
            models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            'auditevent', 'token',
            models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='hub.apitoken'),
        ),
        migrations.AddField('auditevent', 'uid', models.UUIDField(editable=False, null=True)),
        migrations.AddField('auditevent', 'token_label', models.CharField(blank=True, default='', max_length=120), preserve_default=False),
        migrations.AddField('auditevent', 'on_behalf_of', models.CharField(blank=True, default='', max_length=150), preserve_default=False),
        migrations.AddField('auditevent', 'source', models.CharField(blank=True, default='', max_length=20), preserve_default=False),
        migrations.AddField('auditevent', 'namespace_label', models.CharField(blank=True, default='', max_length=39), preserve_default=False),
        migrations.AddField('auditevent', 'mark', models.CharField(default='', max_length=64), preserve_default=False),
        migrations.RunSQL(LABELS, migrations.RunSQL.noop),
        migrations.AlterField('auditevent', 'uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
        migrations.RunPython(take_over, migrations.RunPython.noop),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
    ]
