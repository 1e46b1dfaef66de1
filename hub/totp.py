"""One-time codes of authenticator apps, each good for one use.

allauth finds out whether a code is right and remembers the used ones in the cache. A cache forgets when the server
restarts and is not shared by processes, so the last step used is kept with the authenticator itself.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django.db import transaction

LAST_STEP = "last_step"


def spend(authenticator_id: int, code: str) -> bool:
    """Use up a right code of an app. False if it, or one of a later time, was used before; also of two at once."""
    with transaction.atomic():
        row = (
            Authenticator.objects.select_for_update().filter(pk=authenticator_id, type=Authenticator.Type.TOTP).first()
        )
        if row is None:
            return False
        step = step_of(decrypt(row.data["secret"]), code)
        if step is None or step <= _last_step(row):
            return False
        row.data[LAST_STEP] = step
        row.save(update_fields=["data"])
    return True


def step_of(secret: str, code: str) -> int | None:
    """The latest of the steps accepted now whose code this is; None if it is none's."""
    return max((step for step in _steps() if _is_code_of(secret, step, code)), default=None)


def step_now() -> int:
    """The number of the current step."""
    return int(time.time()) // app_settings.TOTP_PERIOD


def _steps() -> Iterable[int]:
    return yield_hotp_counters_from_time()


def _is_code_of(secret: str, step: int, code: str) -> bool:
    return compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step)))


def _last_step(row: Authenticator) -> int:
    # The code that set the app up is used too, and is of the time of that or before it (hub/forms/second_factors.py).
    return max(int(row.created_at.timestamp()) // app_settings.TOTP_PERIOD, row.data.get(LAST_STEP, 0))
