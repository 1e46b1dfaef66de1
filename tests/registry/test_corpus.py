"""Real input: public Cursor rules, published as they are, and an assistant made of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.actors import Actor
from hub.models import Organization
from registry.domain import frontmatter, yamltext
from registry.domain.faults import ManifestInvalid
from registry.models import Release
from tests.support.environment import ROOT

CORPUS = ROOT.parent / "shared" / "corpus" / "cursor-rules"
FILES = sorted(CORPUS.glob("*.mdc"))


@pytest.fixture
def published(organization: Organization, owner: Actor, api: Callable[..., Any]) -> dict[Path, str]:
    """Every file of the corpus, published through the API: the package's name by file."""
    assert len(FILES) == 60, f"the public rules that this test reads are not beside the project ({CORPUS.name})"
    names = {}
    for number, file in enumerate(FILES):
        name = f"{re.sub(r'[^a-z0-9]+', '-', file.stem.lower())[:60].strip('-')}-{number}"
        package = {"namespace": "acme", "name": name, "kind": "rule", "visibility": "public"}
        assert api("post", "packages", owner, package).status_code == 201
        release = {"version": "1.0.0", "manifest": file.read_text()}
        answer = api("post", f"packages/acme/{name}/releases", owner, release)
        assert answer.status_code == 201, f"{file.name}: {answer.json()}"
        names[file] = name
    return names


def is_valid_yaml(file: Path) -> bool:
    """Whether YAML itself can read the front matter."""
    matter = re.match(r"---\n(.*?)\n---\n", file.read_text(), re.DOTALL)
    assert matter, file.name
    try:
        yamltext.parse(matter[1])
    except ManifestInvalid:
        return False
    return True


def test_all_sixty_are_published_and_an_assistant_of_twenty_resolves(
    published: dict[Path, str], owner: Actor, api: Callable[..., Any]
) -> None:
    assert Release.objects.filter(format="markdown").count() == 60
    chosen = dict(list(published.items())[::3])
    assert len(chosen) == 20
    manifest = "name: Twenty\nversion: 1.0.0\nschema: v1\nrules:\n"
    manifest += "".join(f"  - uses: acme/{name}@^1.0.0\n" for name in chosen.values())
    api("post", "packages", owner, {"namespace": "acme", "name": "twenty", "kind": "assistant", "visibility": "public"})
    assert (
        api("post", "packages/acme/twenty/releases", owner, {"version": "1.0.0", "manifest": manifest}).status_code
        == 201
    )
    rules = json.loads(api("get", "assistants/acme/twenty/bundle").content)["config"]["rules"]
    assert [rule["name"] for rule in rules] == list(chosen.values())
    for file, rule in zip(chosen, rules, strict=True):
        assert rule["rule"] in file.read_text().replace("\r\n", "\n")


def test_front_matter_that_is_not_yaml_is_understood_as_cursor_does(published: dict[Path, str]) -> None:
    broken = [file for file in FILES if not is_valid_yaml(file)]
    assert len(broken) == 53, "most of these files write globs without quotes"
    for file in broken:
        rule = Release.objects.get(package__name=published[file]).content["rules"][0]
        line = next(line for line in file.read_text().splitlines() if line.startswith("globs:"))
        written = line.removeprefix("globs:").strip()
        assert ",".join(rule["globs"]) == re.sub(r",\s+", ",", written)
        assert rule["alwaysApply"] is False
        assert rule["description"]


def test_front_matter_that_nobody_can_read_is_refused_with_its_place() -> None:
    with pytest.raises(ManifestInvalid) as refused:
        frontmatter.parse_rule("---\nglobs: **/*\n  - [what\n---\nText\n", default_name="x")
    assert refused.value.faults[0].file == "manifest.md"
    assert refused.value.faults[0].place.line in (2, 3)
