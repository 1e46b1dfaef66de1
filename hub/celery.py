"""The Celery application: `celery -A hub worker --beat`."""

import os
from pathlib import Path

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")

app = Celery("hub")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

for _folder in (value for key, value in settings.CELERY_BROKER_TRANSPORT_OPTIONS.items() if "folder" in key):
    Path(_folder).mkdir(parents=True, exist_ok=True)
