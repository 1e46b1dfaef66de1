"""A context bill as pages show it: shares of each item, and what stands in words."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from assistants.domain import vocabularies
from assistants.domain.bill import Bill, Item, Sent
from assistants.services import billing, fetching
from hub.actors import Actor
from registry.models import Release

SECTIONS: dict[str, str | Promise] = {"rules": _("rule"), "prompts": _("prompt"), "mcpServers": _("tools")}
WHEN: dict[Sent, str | Promise] = {
    Sent.ALWAYS: _("with each request"),
    Sent.MATCHING: _("when a file matches"),
    Sent.MODEL: _("when the model asks for it"),
    Sent.PERSON: _("when a person asks for it"),
    Sent.RUNNING: _("while the server runs"),
}


@dataclass(frozen=True)
class Line:
    """One item, with its share of all tokens in per cent."""

    item: Item
    share: int

    @property
    def section(self) -> str | Promise:
        """What it is, in a word."""
        return SECTIONS[self.item.section]

    @property
    def when(self) -> str | Promise:
        """When it is sent."""
        return WHEN[self.item.sent]

    @property
    def namespace(self) -> str:
        """The first half of the name of the package that it came from."""
        return self.item.package.partition("/")[0]

    @property
    def package_name(self) -> str:
        """The second half."""
        return self.item.package.partition("/")[2]


@dataclass(frozen=True)
class Shown:
    """A bill with its lines, the largest first, and what is said about the estimate."""

    bill: Bill
    lines: list[Line]
    vocabulary: str
    least: float
    most: float


def of_release(actor: Actor, release: Release) -> Shown:
    """The bill of a release of an assistant. Raises PermissionRefused if a part may not be read."""
    package = release.package
    found = fetching.find_now(actor, package.namespace.slug, package.name, release.version)
    bill = billing.of_bundle(found.bundle_digest)
    lines = [Line(item, round(100 * item.tokens / bill.most) if bill.most else 0) for item in bill.items]
    lines.sort(key=lambda line: -line.item.tokens)
    return Shown(bill, lines, vocabularies.VOCABULARY, *vocabularies.spread())
