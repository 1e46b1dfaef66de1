"""Two workers that scan one release at once store one scan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from registry.checks import CHECKS
from registry.models import Package, Release, ReleaseScan
from registry.services import scans
from tests.hub.together import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_release_scanned_twice_at_once_has_one_scan_more(
    build_package: Callable[..., Package], monkeypatch: pytest.MonkeyPatch
) -> None:
    build_package("style", "1.0.0")
    monkeypatch.setitem(CHECKS, "secrets", replace(CHECKS["secrets"], version=99))

    def scan() -> ReleaseScan:
        return scans.rescan(Release.objects.select_related("package__namespace").get())

    found = together(scan, scan, scan)
    assert {type(one) for one in found} == {ReleaseScan}, found
    assert len({one.pk for one in found if isinstance(one, ReleaseScan)}) == 1
    assert ReleaseScan.objects.count() == 2
