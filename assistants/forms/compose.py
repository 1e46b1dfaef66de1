"""The form in which an assistant is put together. It holds the whole draft, so that it works without a session or script."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from assistants.domain.drafting import Draft, Part
from registry.forms.fields import NewPackageForm, SourceField, version_field

MAX_PARTS = 100
MAX_RULES = 20


class ComposeForm(NewPackageForm):
    """Whose assistant it is, and how it is called. `manifest` is there only while somebody edits the YAML."""

    # A browser that insists on a name would not let anybody add a part before.
    use_required_attribute = False

    title = forms.CharField(label=_("Title"), max_length=100, required=False, help_text=_("How clients show it."))
    description = forms.CharField(label=_("Description"), max_length=300, required=False)
    version = version_field(initial="1.0.0")
    manifest = SourceField(label=_("Manifest"), rows=24)

    def __init__(self, *arguments: Any, edits_yaml: bool, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if not edits_yaml:
            del self.fields["manifest"]

    def values(self) -> dict[str, Any]:
        """The valid values, also while others are not."""
        self.is_valid()
        return self.cleaned_data


@dataclass(frozen=True)
class Pick:
    """A package that was picked, in the range that the person wants."""

    package: str
    range: str = ""


@dataclass(frozen=True)
class Choices:
    """What was picked and written so far, in order; each change gives a new one."""

    picks: tuple[Pick, ...] = ()
    rules: tuple[str, ...] = ()
    inputs: tuple[tuple[str, str, str], ...] = ()

    @classmethod
    def read(cls, data: QueryDict) -> Choices:
        """From a submitted form: `part` and `range` in pairs, `rule`, and `input:PACKAGE:NAME`."""
        ranges = [*data.getlist("range"), *[""] * MAX_PARTS]
        picks = tuple(
            Pick(name, wanted.strip()) for name, wanted in zip(data.getlist("part")[:MAX_PARTS], ranges, strict=False)
        )
        rules = tuple(text.replace("\r\n", "\n") for text in data.getlist("rule")[:MAX_RULES])
        inputs = []
        for key in data:
            word, _colon, rest = key.partition(":")
            package, colon, name = rest.partition(":")
            if word == "input" and colon:
                inputs.append((package, name, data.get(key, "")))
        return cls(picks, rules, tuple(inputs))

    def with_pick(self, pick: Pick) -> Choices:
        """`pick` added at the end, unless the package is there."""
        known = any(pick.package == one.package for one in self.picks)
        return self if known or len(self.picks) >= MAX_PARTS else replace(self, picks=(*self.picks, pick))

    def without(self, package: str) -> Choices:
        """A package taken out."""
        return replace(self, picks=tuple(one for one in self.picks if one.package != package))

    def moved(self, package: str, among: list[str], by: int) -> Choices:
        """A package moved one place among those of its section."""
        if package not in among or not 0 <= among.index(package) + by < len(among):
            return self
        other = among[among.index(package) + by]
        swap = {package: other, other: package}
        by_name = {pick.package: pick for pick in self.picks}
        return replace(self, picks=tuple(by_name[swap.get(pick.package, pick.package)] for pick in self.picks))

    def with_rule(self) -> Choices:
        """Room for one more rule of the assistant's own."""
        return self if len(self.rules) >= MAX_RULES else replace(self, rules=(*self.rules, ""))

    def only(self, known: set[str]) -> Choices:
        """Without packages that are not there (any more) for this person."""
        return replace(self, picks=tuple(pick for pick in self.picks if pick.package in known))

    def draft(self, values: dict[str, Any], sections: dict[str, str]) -> Draft:
        """The draft that the choices and the form's values make. `sections` says where each package belongs."""
        parts = tuple(
            Part(sections[pick.package], pick.package, pick.range, self._inputs_of(pick.package)) for pick in self.picks
        )
        title = values.get("title") or values.get("name") or "Assistant"
        rules = tuple(text.strip() for text in self.rules if text.strip())
        return Draft(title, values.get("version") or "1.0.0", values.get("description", ""), parts, rules)

    def _inputs_of(self, package: str) -> dict[str, str]:
        return {name: value for owner, name, value in self.inputs if owner == package and value}
