"""Input that no honest client sends. The answer is a problem that helps, never an error of the server."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from hub import wsgi
from hub.actors import Actor
from registry.models import Package, Release
from tests.support.problems import problem

type Build = Callable[..., Package]

MIB = 1024 * 1024
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
WRITES = (
    ("post", "packages"), ("post", "packages/acme/style/releases"), ("post", "packages/acme/style/releases/1.0.0/yank"),
    ("post", "resolve"), ("post", "assistants/acme/helper/fork"),
)  # fmt: skip


@pytest.fixture
def send(
    client: Client, owner: Actor, token_of: Any, build_package: Build, build_assistant: Build
) -> Callable[..., Any]:
    """Sends bytes as they are, as the owner of acme/style and acme/helper."""
    build_package("style", "1.0.0")
    build_assistant("helper", "rules:\n  - Be brief.\n")
    token = token_of(owner)

    def go(method: str, path: str, body: bytes = b"", content_type: str = "application/json", **headers: str) -> Any:
        headers.setdefault("Authorization", f"Bearer {token}")
        address = path if path.startswith("/") else f"/api/v1/{path}"
        return client.generic(method.upper(), address, body, content_type=content_type, headers=headers)

    return go


BODIES = {
    "empty": b"",
    "cut off": b'{"name": "x"',
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "NUL": b'{"name": "a\\u0000b", "manifest": "\\u0000", "reason": "\\u0000"}',
    "raw NUL": b'{"name": "a\0b"}',
    "lone surrogate": b'{"name": "\\ud800", "manifest": "\\udfff", "reason": "\\ud83d"}',
    "NUL in a key": b'{"a\\u0000": 1}',
    "NaN": b'{"name": NaN}',
    "infinity": b'{"name": -Infinity}',
    "a number beyond all": b'{"name": 1e999}',
    "a number of 5000 digits": b'{"name": ' + b"9" * 5000 + b"}",
    "a list": b"[]",
    "a list of lists": b"[[[]]]",
    "a text": b'"x"',
    "null": b"null",
    "a number": b"5",
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "just too deep": b"[" * 201 + b"]" * 201,
    "as deep as can be read": b"[" * 9_994 + b"]" * 9_994,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "byte order mark": b'\xef\xbb\xbf{"name": "x"}',
    "two documents": b"{}{}",
    "a comment": b"{} // x",
    "YAML": b"name: x\n",
    "wrong types": b'{"namespace": [], "name": {}, "kind": 5, "version": null, "manifest": 5, "reason": [1], "visibility": {"a": 1}}',
    "form": b"name=x&kind=rule",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_is_none_is_refused_everywhere(send: Any, body: bytes) -> None:
    for method, path in WRITES:
        answer = send(method, path, body)
        problem(answer, answer.status_code)
        assert answer.status_code in (400, 422), (path, answer.content)
    assert (Package.objects.count(), Release.objects.count()) == (2, 2)


def test_the_last_of_two_equal_keys_counts_as_python_reads_it(send: Any) -> None:
    made = send("post", "packages", b'{"namespace":"acme","name":"one","kind":"poem","kind":"rule","name":"two"}')
    assert (made.status_code, made.json()["name"], made.json()["kind"]) == (201, "two", "rule")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/yaml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "application/xml",
        "",
        "x",
        "é",
        "application/json/x",
        "; charset=utf-8",
    ],
)
def test_another_content_type_is_415(send: Any, content_type: str) -> None:
    for method, path in WRITES:
        # Where a folder can be handed in, a form is read, and found to be none.
        taken = path.endswith("/releases") and content_type.startswith("multipart/form-data")
        assert problem(send(method, path, b'{"name": "x"}', content_type), 400 if taken else 415)["detail"], path


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-16",
        "application/json;charset=nonsense",
        "Application/JSON",
        "application/json;;;",
    ],
)
def test_json_is_utf8_whatever_the_content_type_says_of_it(send: Any, content_type: str) -> None:
    assert send("post", "packages", b'{"namespace":"acme","name":"one","kind":"rule"}', content_type).status_code == 201


def test_a_body_of_five_mebibytes_is_413(send: Any) -> None:
    for content in (b'{"manifest": "' + b"x" * (5 * MIB) + b'"}', b"\0" * 5 * MIB, b"[" * 5 * MIB):
        for method, path in WRITES:
            assert "2097152" in problem(send(method, path, content), 413, "too_large")["detail"]


def test_a_large_form_of_a_signed_in_browser_is_refused(client: Client, owner: Actor) -> None:
    assert owner.user is not None
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner.user)
    for content_type in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data"):
        answer = browser.post("/api/v1/packages", b"a=" + b"x" * (3 * MIB), content_type=content_type)
        assert answer.status_code in (400, 403, 413), answer.status_code
        problem(answer, answer.status_code)


def test_a_manifest_too_large_in_a_body_that_is_not(send: Any) -> None:
    manifest = "name: x\nversion: 1.0.0\nrules:\n  - " + "x" * MIB
    body = json.dumps({"version": "2.0.0", "manifest": manifest}).encode()
    assert problem(send("post", "packages/acme/style/releases", body), 422, "manifest_invalid")["errors"]


MANIFESTS = {
    "bomb": BOMB + "name: x\nversion: 1.0.0\nrules: [x]\n",
    "endless": "name: x\nversion: 1.0.0\nrules: &r\n  - *r\n",
    "unclosed": "name: x\nversion: 1.0.0\nrules: [",
    "tab": "name: x\nversion: 1.0.0\nrules:\n\t- x\n",
    "tag": "name: x\nversion: 1.0.0\nrules:\n  - !!python/object/apply:os.system [x]\n",
    "two documents": "name: x\nversion: 1.0.0\nrules: [x]\n---\nname: y\n",
    "deep": "name: x\nversion: 1.0.0\nrules: " + "[" * 3000 + "]" * 3000,
    "deep blocks": "name: x\nversion: 1.0.0\nrules:\n" + "".join(" " * depth + "-\n" for depth in range(1, 600)),
    "merge": "name: x\nbase: &b {version: 1.0.0}\n<<: *b\nrules: [x]\n",
    "complex key": "? [a, b]\n: c\nname: x\nversion: 1.0.0\nrules: [x]\n",
    "null bytes escaped": 'name: "a\\0b"\nversion: 1.0.0\nrules: ["\\0"]\n',
    "surrogate escaped": 'name: "\\ud800"\nversion: 1.0.0\nrules: [x]\n',
    "huge number": "name: x\nversion: 1.0.0\nrules:\n  - name: x\n    rule: x\n    alwaysApply: " + "9" * 4000 + "\n",
    "infinity": "name: x\nversion: 1.0.0\nrules:\n  - name: x\n    rule: .inf\n",
    "huge version": "name: x\nversion: " + "9" * 9000 + "\nrules: [5]\n",
    "emptiness": "name:\nrules:\n",
}


@pytest.mark.parametrize("manifest", MANIFESTS.values(), ids=MANIFESTS)
def test_a_manifest_that_is_an_attack_or_an_accident_is_refused_with_a_place(send: Any, manifest: str) -> None:
    for path, body in (
        ("packages/acme/style/releases", {"version": "2.0.0", "manifest": manifest}),
        ("packages/acme/helper/releases", {"version": "2.0.0", "manifest": manifest}),
        ("resolve", {"manifest": manifest}),
    ):
        refused = problem(send("post", path, json.dumps(body).encode()), 422, "manifest_invalid")
        assert all(fault["line"] >= 1 and fault["column"] >= 1 and fault["message"] for fault in refused["errors"])


@pytest.mark.parametrize("field", ["readme", "changelog"])
@pytest.mark.parametrize(
    "text",
    [
        "> " * 5000 + "x",
        "[" * 20_000,
        "*" * 50_000,
        "<" * 50_000,
        "- " * 5000,
        "`" * 9999,
        "#" * 9999,
        "|" * 9999,
        "&#0;&#xD800;",
        "<script>alert(1)</script>",
    ],
    ids=lambda text: text[:3],
)
def test_a_text_that_strains_markdown_is_rendered_or_refused(send: Any, field: str, text: str) -> None:
    manifest = "name: x\nversion: 2.0.0\nrules: [x]\n"
    body = json.dumps({"version": "2.0.0", "manifest": manifest, field: text}).encode()
    answer = send("post", "packages/acme/style/releases", body)
    assert answer.status_code in (201, 422), answer.content[:300]
    if answer.status_code == 201:
        assert "<script" not in getattr(Release.objects.get(version="2.0.0"), f"{field}_html")


PATHS = (
    "packages/acme/style%00", "packages/%00/style", "packages/acme/style/releases/1.0.0%00", "bundles/%00",
    "packages/%FF%FE/style", "packages/acme/%ED%A0%80", "packages/acme/style/releases/%FF", "packages/acme/..%2f..", "packages/" + "a" * 5000 + "/b",
    "packages/acme/" + "%F0%9F%92%A9" * 50, "assistants/%00/x/bundle", "packages/acme/style/releases/" + "9" * 3000,
    "packages/acme/style/releases/" + "%7C" * 2000, "packages/acme/style/releases/%3E" + "1" * 400 + ".0.0", "assistants/acme/helper/bundle?version=%00",
    "packages?q=%00", "packages?q=a%00b", "packages?cursor=%00", "packages?namespace=%00", "packages?tag=%00", "packages?kind=%00", "packages?q=" + "a" * 201,
    "packages?tag=" + "a" * 41, "packages?namespace=" + "a" * 40, "packages?cursor=%FF%FE", "packages?sort=%FF",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:40])
def test_an_address_that_is_none_is_400_or_404(send: Any, path: str) -> None:
    answer = send("get", path)
    assert answer.status_code in (400, 404), answer.content[:300]
    problem(answer, answer.status_code)


@pytest.mark.parametrize(
    "query",
    [
        "q=%FF%FE",
        "q=%ED%A0%80",
        "q=a&q=b",
        "unknown=1",
        "%",
        "&&&",
        "q[]=1",
        "a" * 3000,
        "tag=%22%7D",
        "q=%F0%9F%92%A9",
    ],
)
def test_a_query_that_is_odd_is_taken_as_far_as_it_goes(send: Any, query: str) -> None:
    assert send("get", f"packages?{query}").status_code == 200


@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace", "x", "propfind"])
def test_a_method_that_an_address_does_not_know_is_405(send: Any, method: str) -> None:
    for path in ("packages", "packages/acme/style/releases", "me", "resolve", "assistants/acme/helper/bundle"):
        answer = send(method, path, b"{}")
        problem(answer, 405, "method_not_allowed")
        assert answer["Allow"]
    problem(send("post", "me", b"{}"), 405)
    problem(send("get", "resolve"), 405)


@pytest.mark.parametrize(
    "header",
    [
        "Range",
        "If-Match",
        "If-None-Match",
        "If-Modified-Since",
        "Accept",
        "Accept-Language",
        "Accept-Encoding",
        "X-Request-Id",
        "X-Forwarded-For",
        "Cookie",
        "Origin",
        "Content-Length",
    ],
)
def test_a_header_that_is_odd_never_breaks_the_answer(send: Any, header: str) -> None:
    for value in ("", "x" * 5000, "é\xff", '"', ",,,,", "bytes=9-1", "-1", "W/", "sessionid=\x01; csrftoken=\x02"):
        answer = send("get", "packages/acme/style/releases/1.0.0/manifest", **{header: value})
        assert answer.status_code in (200, 304), (header, value, answer.status_code)


def test_repeated_slashes_are_taken_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wsgi, "_django", lambda environ, _: [environ["PATH_INFO"].encode()])
    for path in ("//ide/list-assistants", "/ide//list-assistants", "////ide///list-assistants", "/ide/list-assistants"):
        assert list(wsgi.application({"PATH_INFO": path}, lambda *_: None)) == [b"/ide/list-assistants"]
    assert list(wsgi.application({"PATH_INFO": ""}, lambda *_: None)) == [b""]
