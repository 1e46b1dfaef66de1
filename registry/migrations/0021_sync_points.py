"""Up to which release forks have taken in their upstream, and what they are told of it."""

import django.db.models.deletion
from django.db import migrations, models


# Every fork has at least what it was made of.
FIRST_POINTS = """
INSERT INTO registry_syncpoint (package_id, upstream_release_id, release_id, created_at)
SELECT p.id, p.upstream_release_id, (SELECT min(r.id) FROM registry_release r WHERE r.package_id = p.id), p.created_at
FROM registry_package p WHERE p.upstream_release_id IS NOT NULL
"""
# The changelog that the hub wrote into the first release of each fork named the upstream, whoever read it.
NAMELESS = """
UPDATE registry_release r SET changelog = 'Forked.', changelog_html = '<p>Forked.</p>'
FROM registry_package p
WHERE p.id = r.package_id AND p.upstream_id IS NOT NULL AND r.changelog ~ '^Forked from [^[:space:]]+@[^[:space:]]+[.]$'
"""


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0020_release_fixes'),
    ]

    operations = [
        migrations.CreateModel(
            name='SyncPoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('package', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sync_points', to='registry.package')),
                ('proposal', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sync_point', to='registry.proposal')),
                ('release', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.release')),
                ('upstream_release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='taken_in_by', to='registry.release')),
            ],
            options={
                'indexes': [models.Index(fields=['package', '-id'], name='sync_point_newest')],
                'constraints': [models.UniqueConstraint(fields=('package', 'upstream_release'), name='sync_point_once')],
            },
        ),
        migrations.CreateModel(
            name='UpstreamNews',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('fix', 'A release was marked as a fix'), ('quarantine', 'The package, or a release of it, was quarantined')], max_length=10)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('told_up_to', models.PositiveBigIntegerField(default=0)),
                ('told_at', models.DateTimeField(blank=True, null=True)),
                ('package', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.package')),
                ('release', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.release')),
            ],
            options={
                'indexes': [models.Index(fields=['id'], condition=models.Q(('told_at', None)), name='upstream_news_to_tell')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['fix', 'quarantine'])), name='upstream_news_kind_known'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'fix'), _negated=True), ('release__isnull', False), _connector='OR'), name='upstream_news_fix_is_a_release')],
            },
        ),
        migrations.CreateModel(
            name='UpstreamProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('direction', models.CharField(choices=[('into-fork', 'From upstream into the fork'), ('into-upstream', 'From the fork into its upstream')], max_length=13)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('base', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.release')),
                ('proposal', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='carrying', to='registry.proposal')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.release')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('direction__in', ['into-fork', 'into-upstream'])), name='upstream_proposal_direction_known')],
            },
        ),
        migrations.RunSQL(FIRST_POINTS, migrations.RunSQL.noop),
        migrations.RunSQL(NAMELESS, migrations.RunSQL.noop),
    ]
