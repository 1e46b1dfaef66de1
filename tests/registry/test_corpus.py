"""Real Cursor rules, sixty of them, through the REST API and into an assistant."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from hub.actors import Actor
from hub.models import Namespace
from registry.domain import yamltext
from registry.domain.faults import ManifestInvalid
from registry.models import Release

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "cursor-rules"
FILES = sorted(FOLDER.glob("*.mdc"))
NUMBER = 60

# What docs/manifests.md says of these files: front matter that is YAML, and front matter that only Cursor's way of
# reading line by line understands (nearly always because of an unquoted `**/*`). None has to be refused.
AS_YAML, AS_CURSOR, REFUSED = 7, 53, 0

pytestmark = pytest.mark.skipif(
    not FILES and os.environ.get("CI") != "true", reason=f"NOT RUN: the corpus {FOLDER.name} is not beside the project"
)


def name_of(file: Path) -> str:
    return file.stem.lower().strip("-._")


def front_matter(file: Path) -> str:
    return file.read_text().split("---\n", 2)[1]


def body(file: Path) -> str:
    return file.read_text().split("---\n", 2)[2].strip()


def is_yaml(text: str) -> bool:
    try:
        return isinstance(yamltext.parse(text).value, dict)
    except ManifestInvalid:
        return False


def publish(api: Any, actor: Actor, file: Path) -> Any:
    made = {"namespace": "acme", "name": name_of(file), "kind": "rule", "visibility": "public"}
    assert api("post", "packages", actor, made).status_code == 201
    release = {"version": "1.0.0", "manifest": file.read_text()}
    return api("post", f"packages/acme/{name_of(file)}/releases", actor, release)


def test_the_corpus_is_whole() -> None:
    assert len(FILES) == NUMBER


def test_every_rule_is_published_and_understood(api: Any, owner: Actor, acme: Namespace) -> None:
    counts = {"yaml": 0, "cursor": 0, "refused": 0}
    for file in FILES:
        answer = publish(api, owner, file)
        if answer.status_code != 201:
            # Not one today; if there were, it would have to say where.
            assert all(fault["line"] and fault["column"] for fault in answer.json()["errors"])
            counts["refused"] += 1
            continue
        counts["yaml" if is_yaml(front_matter(file)) else "cursor"] += 1
        release = Release.objects.get(package__name=name_of(file))
        [rule] = release.content["rules"]
        assert (release.manifest, rule["rule"]) == (file.read_text(), body(file))
        if not is_yaml(front_matter(file)):
            [line] = [line for line in front_matter(file).splitlines() if line.startswith("globs:")]
            assert ",".join(rule["globs"]) == line.removeprefix("globs:").replace(", ", ",").strip()
    assert counts == {"yaml": AS_YAML, "cursor": AS_CURSOR, "refused": REFUSED}


def test_an_assistant_of_twenty_of_them_resolves(api: Any, owner: Actor, acme: Namespace) -> None:
    used = FILES[::3]
    assert len(used) == 20
    for file in used:
        assert publish(api, owner, file).status_code == 201
    uses = "".join(f"  - uses: acme/{name_of(file)}@^1\n" for file in used)
    made = {"namespace": "acme", "name": "corpus", "kind": "assistant", "visibility": "public"}
    assert api("post", "packages", owner, made).status_code == 201
    release = {"version": "1.0.0", "manifest": f"name: Corpus\nversion: 1.0.0\nschema: v1\nrules:\n{uses}"}
    assert api("post", "packages/acme/corpus/releases", owner, release).status_code == 201

    bundle = json.loads(api("get", "assistants/acme/corpus/bundle").content)
    assert [rule["rule"] for rule in bundle["config"]["rules"]] == [body(file) for file in used]
    assert [entry["package"] for entry in bundle["requirements"]] == [f"acme/{name_of(file)}" for file in used]
