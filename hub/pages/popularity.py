"""How often something was downloaded, as a chart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hub.domain.charts import Chart, chart
from registry.models import Package, Release
from registry.services import downloads


@dataclass(frozen=True)
class Period:
    """A stretch of time up to today: its name in the address, how long it is, and what one bar stands for."""

    key: str
    label: str | Promise
    words: str | Promise
    days: int
    days_a_bar: int = 1


# A year of whole weeks: a bar of one day among weeks would look like a fall.
PERIODS = {
    one.key: one
    for one in (
        Period("30", _("30 days"), _("in the last 30 days"), 30),
        Period("90", _("90 days"), _("in the last 90 days"), 90),
        Period("365", _("1 year"), _("in the last 52 weeks"), 364, 7),
    )
}


@dataclass(frozen=True)
class Popularity:
    """Downloads in a period, and in all."""

    chart: Chart
    period: Period
    total: int

    @property
    def periods(self) -> list[Period]:
        """What there is to choose from."""
        return list(PERIODS.values())


def of_package(package: Package, query: Mapping[str, str]) -> Popularity:
    """Of all releases, in the period that a page's query asks for. One query."""
    period = _period(query)
    counts = downloads.of_package(package, period.days)
    return Popularity(chart(counts, period.days_a_bar), period, package.download_count)


def of_release(release: Release, query: Mapping[str, str]) -> Popularity:
    """The same of one release."""
    period = _period(query)
    drawn = chart(downloads.of_release(release, period.days), period.days_a_bar)
    # What is drawn is newer than the total, by a minute.
    return Popularity(drawn, period, max(release.download_count, drawn.total))


def _period(query: Mapping[str, str]) -> Period:
    return PERIODS.get(query.get("period", ""), PERIODS["30"])
