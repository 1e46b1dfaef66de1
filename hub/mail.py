"""Plain mails of the hub's own. allauth writes those about accounts."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Mapping

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)


def send(template: str, to: str, context: Mapping[str, object]) -> bool:
    """Send the text `templates/hub/mail/{template}.txt`, whose first line is the subject. Returns whether a server took it.

    Without a mail server nothing is sent: what the mail would say is shown to whoever caused it. A server that is down
    is the operator's to notice.
    """
    if not settings.MAIL_HOST:
        return False
    subject, _, body = render_to_string(f"hub/mail/{template}.txt", dict(context)).strip().partition("\n")
    try:
        EmailMessage(f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{subject}", body.strip() + "\n", to=[to]).send()
    except (smtplib.SMTPException, OSError):
        # Without the text of the error: it may quote the address, or the link.
        logger.error("The mail server did not take a mail (%s).", template)  # noqa: TRY400  # the line above says why
        return False
    return True
