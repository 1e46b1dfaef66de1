"""The texts of proposals: judged before they are kept. Others read them, so no secret stands in them."""

from __future__ import annotations

from dataclasses import dataclass

from registry.domain import frontmatter, literals, manifests, markup, merging, yamltext
from registry.domain.faults import Fault, ManifestInvalid, Place
from registry.domain.proposals import TEXT_MAX_LENGTH
from registry.domain.versions import Version


class InvalidText(ValueError):
    """What somebody wrote cannot be kept; the message says why."""


@dataclass(frozen=True)
class Content:
    """What a revision asks for: the texts of the release to be, and its version."""

    version: str
    manifest: str
    readme: str = ""
    changelog: str = ""

    def checked(self) -> Content:
        """The content with its version in normal form.

        Raises InvalidVersion, or ManifestInvalid for what is too large, cannot be stored, has a secret written out or has
        markers of a conflict left in it. Whether the manifest is a valid one is for the proposal's checks.
        """
        content, faults = self._judged()
        faults += content.open_conflicts()
        if faults:
            raise ManifestInvalid(faults)
        return content

    def checked_but_for_conflicts(self) -> Content:
        """As `checked`, for a merge whose conflicts are decided later: a check of the proposal waits for that."""
        content, faults = self._judged()
        if faults:
            raise ManifestInvalid(faults)
        return content

    def open_conflicts(self) -> list[Fault]:
        """The first marker of a conflict in each text that has one."""
        mend = "Decide which lines stay, and remove the markers."
        return [
            Fault("A conflict is not resolved.", Place(line), mend, name)
            for name, text, _ in self._texts()
            if (line := merging.first_marker(text))
        ]

    def _judged(self) -> tuple[Content, list[Fault]]:
        number = Version.parse(self.version)
        faults: list[Fault] = []
        for name, text, limit in self._texts():
            manifests.check_size(text, name, limit)
            faults += literals.in_text(text, name)
        content = Content(str(number), self.manifest, self.readme, self.changelog)
        return content, faults or _secrets_by_key(self.manifest)

    def _texts(self) -> tuple[tuple[str, str, int], ...]:
        file = frontmatter.FILE if frontmatter.is_front_matter(self.manifest) else "manifest.yaml"
        return (
            (file, self.manifest, manifests.MAX_BYTES),
            ("README.md", self.readme, manifests.MAX_DOCUMENT_BYTES),
            ("CHANGELOG.md", self.changelog, manifests.MAX_DOCUMENT_BYTES),
        )


def rendered(text: str, *, what: str, required: bool = True) -> str:
    """What somebody wrote in Markdown, as safe HTML. Raises InvalidText."""
    if required and not text.strip():
        raise InvalidText(f"{what} is empty.")
    if len(text) > TEXT_MAX_LENGTH:
        raise InvalidText(f"{what} is longer than {TEXT_MAX_LENGTH} characters.")
    try:
        manifests.check_size(text, what)
    except ManifestInvalid as error:
        raise InvalidText(error.faults[0].message) from None
    if faults := literals.in_text(text, what):
        raise InvalidText(f"{faults[0].message} {faults[0].mend}")
    try:
        return markup.render(text)
    except ValueError as error:
        raise InvalidText(str(error)) from None


def _secrets_by_key(manifest: str) -> list[Fault]:
    try:
        document = yamltext.parse(manifest)
    except ManifestInvalid:
        return []
    return literals.in_document(document, "manifest.yaml")
