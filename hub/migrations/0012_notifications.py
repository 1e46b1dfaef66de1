"""What people are told, and how they want to be."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hub', '0011_lifecycle'),
    ]

    operations = [
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40)),
                ('key', models.CharField(max_length=100)),
                ('title', models.CharField(max_length=300)),
                ('body', models.CharField(blank=True, max_length=1000)),
                ('url', models.CharField(max_length=300)),
                ('subject_type', models.CharField(max_length=60)),
                ('subject_id', models.BigIntegerField()),
                ('in_site', models.BooleanField(default=True)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('read_at', models.DateTimeField(blank=True, null=True)),
                ('mail_due', models.BooleanField(default=False)),
                ('mail_attempts', models.PositiveSmallIntegerField(default=0)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('in_site', True)), fields=['user', '-id'], name='notification_newest'), models.Index(condition=models.Q(('in_site', True), ('read_at', None)), fields=['user'], name='notification_unread'), models.Index(condition=models.Q(('mail_due', True)), fields=['id'], name='notification_to_mail')],
                'constraints': [models.UniqueConstraint(fields=('user', 'key'), name='notification_once')],
            },
        ),
        migrations.CreateModel(
            name='NotificationPreference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40)),
                ('way', models.CharField(choices=[('both', 'In the site and by e-mail'), ('site', 'In the site'), ('email', 'By e-mail'), ('none', 'Not at all')], max_length=10)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notification_preferences', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'kind'), name='notification_preference_unique'), models.CheckConstraint(condition=models.Q(('way__in', ['both', 'site', 'email', 'none'])), name='notification_preference_known')],
            },
        ),
    ]
