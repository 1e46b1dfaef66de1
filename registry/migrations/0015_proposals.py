"""Proposals: changes of packages that are asked for, talked about and merged."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hub', '0012_notifications'),
        ('registry', '0014_git_sources'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('title', models.CharField(max_length=200)),
                ('message', models.TextField(blank=True)),
                ('message_html', models.TextField(blank=True)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('open', 'Open'), ('merged', 'Merged'), ('closed', 'Closed'), ('superseded', 'Superseded')], default='draft', max_length=10)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now_add=True, help_text='When something was last said or done.')),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='ProposalComment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file', models.CharField(blank=True, choices=[('manifest', 'Manifest'), ('readme', 'README'), ('changelog', 'Changelog')], max_length=10)),
                ('side', models.CharField(blank=True, choices=[('before', 'Before'), ('after', 'After')], max_length=6)),
                ('line', models.PositiveIntegerField(blank=True, null=True)),
                ('text', models.TextField()),
                ('html', models.TextField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('edited_at', models.DateTimeField(blank=True, null=True)),
                ('resolved_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='ProposalEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(help_text='One of registry.domain.proposals.EventKind.', max_length=20)),
                ('data', models.JSONField(default=dict)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('told_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='ProposalFollower',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_muted', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='ProposalReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verdict', models.CharField(choices=[('approve', 'Approved'), ('request_changes', 'Changes requested')], max_length=20)),
                ('text', models.TextField(blank=True)),
                ('html', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('dismissed_at', models.DateTimeField(blank=True, null=True)),
                ('dismissal', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='ProposalRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('version', models.CharField(max_length=64)),
                ('manifest', models.TextField()),
                ('readme', models.TextField(blank=True)),
                ('changelog', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.AddField(
            model_name='package',
            name='required_approvals',
            field=models.PositiveSmallIntegerField(default=0, help_text='How many who publish here have to approve a proposal before it can be merged.'),
        ),
        migrations.AddConstraint(
            model_name='package',
            constraint=models.CheckConstraint(condition=models.Q(('required_approvals__lte', 5)), name='package_required_approvals_at_most_5'),
        ),
        migrations.AddField(
            model_name='proposal',
            name='author',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='proposal',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='proposal',
            name='package',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='registry.package'),
        ),
        migrations.AddField(
            model_name='proposal',
            name='release',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='proposal', to='registry.release'),
        ),
        migrations.AddField(
            model_name='proposal',
            name='superseded_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='supersedes', to='registry.proposal'),
        ),
        migrations.AddField(
            model_name='proposalcomment',
            name='author',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='proposalcomment',
            name='proposal',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='registry.proposal'),
        ),
        migrations.AddField(
            model_name='proposalcomment',
            name='resolved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='proposalevent',
            name='actor',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='proposalevent',
            name='proposal',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='registry.proposal'),
        ),
        migrations.AddField(
            model_name='proposalfollower',
            name='proposal',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='followers', to='registry.proposal'),
        ),
        migrations.AddField(
            model_name='proposalfollower',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='proposalreview',
            name='dismissed_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='proposalreview',
            name='proposal',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='registry.proposal'),
        ),
        migrations.AddField(
            model_name='proposalreview',
            name='reviewer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='proposalrevision',
            name='base',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.release'),
        ),
        migrations.AddField(
            model_name='proposalrevision',
            name='proposal',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='registry.proposal'),
        ),
        migrations.AddField(
            model_name='proposalreview',
            name='revision',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='registry.proposalrevision'),
        ),
        migrations.AddField(
            model_name='proposalcomment',
            name='revision',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='registry.proposalrevision'),
        ),
        migrations.AddField(
            model_name='proposal',
            name='current',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='registry.proposalrevision'),
        ),
        migrations.AddIndex(
            model_name='proposalevent',
            index=models.Index(fields=['proposal', 'id'], name='proposal_event_in_order'),
        ),
        migrations.AddIndex(
            model_name='proposalevent',
            index=models.Index(condition=models.Q(('told_at', None)), fields=['at'], name='proposal_event_to_tell'),
        ),
        migrations.AddConstraint(
            model_name='proposalfollower',
            constraint=models.UniqueConstraint(fields=('proposal', 'user'), name='proposal_follower_unique'),
        ),
        migrations.AddConstraint(
            model_name='proposalrevision',
            constraint=models.UniqueConstraint(fields=('proposal', 'number'), name='proposal_revision_unique'),
        ),
        migrations.AddIndex(
            model_name='proposalreview',
            index=models.Index(fields=['proposal', 'id'], name='proposal_review_in_order'),
        ),
        migrations.AddConstraint(
            model_name='proposalreview',
            constraint=models.CheckConstraint(condition=models.Q(('verdict__in', ['approve', 'request_changes'])), name='proposal_review_verdict_known'),
        ),
        migrations.AddIndex(
            model_name='proposalcomment',
            index=models.Index(fields=['proposal', 'id'], name='proposal_comment_in_order'),
        ),
        migrations.AddConstraint(
            model_name='proposalcomment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('file', ''), ('line__isnull', True), ('revision__isnull', True), ('side', '')), models.Q(('file__in', ['manifest', 'readme', 'changelog']), ('line__gte', 1), ('revision__isnull', False), ('side__in', ['before', 'after'])), _connector='OR'), name='proposal_comment_has_a_whole_place'),
        ),
        migrations.AddIndex(
            model_name='proposal',
            index=models.Index(fields=['package', 'state', '-number'], name='proposal_by_state'),
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.UniqueConstraint(fields=('package', 'number'), name='proposal_number_unique'),
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'open', 'merged', 'closed', 'superseded'])), name='proposal_state_known'),
        ),
        migrations.AddConstraint(
            model_name='proposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('release__isnull', False), ('state', 'merged')), models.Q(models.Q(('state', 'merged'), _negated=True), ('release__isnull', True)), _connector='OR'), name='proposal_merged_has_release'),
        ),
    ]
