"""What is published for the measurements, through the REST API as anybody would."""

from __future__ import annotations

from tests.system.hub import Hub

NAMESPACE = "administrator"
SENTENCE = "Prefer what the code around does, and say in the change why when you do not. "
RULE = (
    "name: Rule {number}\nversion: {version}\nschema: v1\nrules:\n  - name: Rule {number}\n    rule: >-\n      {text}\n"
)
VERSIONS = ("1.0.0", "1.1.0", "1.2.0", "2.0.0-rc.1")


def publish_rules(hub: Hub, count: int) -> None:
    """Publish rules with several versions each, for ranges to choose from."""
    for number in range(count):
        package = {"namespace": NAMESPACE, "name": f"rule-{number}", "kind": "rule", "visibility": "public"}
        _post(hub, "packages", package)
        for version in VERSIONS:
            manifest = RULE.format(number=number, version=version, text=SENTENCE * 8)
            release = {"version": version, "manifest": manifest}
            _post(hub, f"packages/{NAMESPACE}/rule-{number}/releases", release)


def manifest(requirements: int) -> str:
    """An assistant that composes that many rules by range."""
    uses = "".join(f"  - uses: {NAMESPACE}/rule-{number}@^1.0\n" for number in range(requirements))
    return f"name: Bench {requirements}\nversion: 1.0.0\nschema: v1\nrules:\n{uses}"


def _post(hub: Hub, path: str, body: dict[str, str]) -> None:
    answer = hub.api("POST", path, body, token=hub.first_run["token"])
    if answer.status != 201:
        raise RuntimeError(f"{path} answered {answer.status}: {answer.text}")
