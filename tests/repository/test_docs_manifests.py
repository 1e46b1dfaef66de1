"""The examples of docs/manifests.md and docs/composing.md, run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from assistants.domain import composition, layers, resolution
from assistants.domain.conflicts import ConflictKind
from hub.actors import Actor
from hub.domain import slugs
from registry.domain import inputs, manifests, yamltext
from registry.domain.faults import ManifestInvalid
from registry.domain.files import SKILL
from registry.kinds import KINDS
from registry.models import Package, Visibility
from registry.services import releases
from tests.repository.documents import ROOT

TEXT = (ROOT / "docs/manifests.md").read_text()
COMPOSING = (ROOT / "docs/composing.md").read_text()
_PUBLISHED = re.compile(r"<!-- publish: (\S+) acme/(\S+) -->\n```\w+\n(.*?)^```", re.DOTALL | re.MULTILINE)
_REFUSED = re.compile(r"<!-- refused: (\S+) -->\n```\w+\n(.*?)^```\n\n```text\n(.*?)\n```", re.DOTALL | re.MULTILINE)
_RESULTS = re.compile(r"<!-- result: acme/(\S+) -->\n```json\n(.*?)^```", re.DOTALL | re.MULTILINE)
REFUSED = [*_REFUSED.findall(TEXT), *_REFUSED.findall(COMPOSING)]
both = pytest.mark.parametrize("text", [TEXT, COMPOSING], ids=["manifests", "composing"])


@both
def test_every_example_is_run(text: str) -> None:
    run = len(_PUBLISHED.findall(text)) + 2 * len(_REFUSED.findall(text)) + len(_RESULTS.findall(text))
    assert len(re.findall("^```", text, re.MULTILINE)) == 2 * run


@pytest.mark.parametrize(("kind", "text", "message"), REFUSED)
def test_what_is_refused_is_refused_with_these_words(kind: str, text: str, message: str) -> None:
    with pytest.raises(ManifestInvalid) as caught:
        KINDS[kind].read(text, "example")
    assert [str(fault) for fault in caught.value.faults] == [message]


@both
def test_the_examples_resolve_to_the_result_shown(
    text: str, build_package: Callable[..., Package], owner: Actor
) -> None:
    for kind, name, manifest in sorted(_PUBLISHED.findall(text), key=lambda example: example[0] == "assistant"):
        package = build_package(name, kind=kind, visibility=Visibility.PUBLIC)
        release = releases.publish(by=owner, package=package, version="1.0.0", manifest=manifest)
        assert release.warnings == []
    [(name, shown)] = _RESULTS.findall(text)
    bundle = Package.objects.get(name=name).releases.get().locks.get().bundle
    assert json.loads(bytes(bundle.content))["config"] == json.loads(shown)


def test_the_types_of_inputs_are_those_of_the_code() -> None:
    assert set(re.findall(r"^\| `([a-z]+)` \| (?:a|any|true|an)\b", COMPOSING, re.MULTILINE)) == set(inputs.TYPES)


def test_the_rules_of_composing_are_those_of_the_code() -> None:
    assert set(re.findall(r"^\| `([a-z_]+)` \| (?:have|are)\b", COMPOSING, re.MULTILINE)) == set(ConflictKind)
    assert f"At most {layers.MAX_DEPTH} build on one another" in COMPOSING


def test_the_kinds_are_those_of_the_code() -> None:
    assert set(re.findall(r"^\| `([a-z-]+)` \|", TEXT, re.MULTILINE)) == set(KINDS)


def test_the_limits_are_those_of_the_code() -> None:
    limits = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", TEXT.partition("## Limits")[2], re.MULTILINE))
    assert limits == {
        "What": "Limit",
        "manifest": f"{manifests.MAX_BYTES // 1024} KiB",
        "a skill's files": f"{SKILL.files}, {SKILL.file_bytes // 1024**2} MiB each, {SKILL.total_bytes // 1024**2} MiB together",
        "README, changelog": f"{manifests.MAX_DOCUMENT_BYTES // 1024} KiB each",
        "nesting": f"{yamltext.MAX_DEPTH} levels",
        "values in a document, aliases expanded": f"{yamltext.MAX_VALUES:,}",
        "packages used by an assistant": str(composition.MAX_REQUIREMENTS),
        "a resolved assistant": f"{resolution.MAX_BUNDLE_BYTES // 1024**2} MiB",
        "name of a package": f"2 to {slugs.PACKAGE_MAX_LENGTH} characters, of a namespace 2 to {slugs.NAMESPACE_MAX_LENGTH}",
    }
