"""SCIM: what the protocol demands, checked by a library's client and by requests as two large directories send them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from scim2_tester import Status, check_server

from hub.actors import Actor
from hub.models import AuditEvent, Membership, Organization, ScimUser, User
from tests.hub.scim import ERROR, GROUP, LIST, PATCH, USER, Directory, directory_of

SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


@pytest.fixture
def directory(organization: Organization, owner: Actor) -> Directory:
    return directory_of(owner, organization)


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Requests through WSGI keep the test's own connection, as those of Django's test client do."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("one_connection")
def test_the_librarys_checks_of_the_whole_protocol_pass(directory: Directory) -> None:
    results = check_server(directory.client)
    wrong = [
        f"{one.status} {one.title}: {one.reason}"
        for one in results
        if one.status not in (Status.SUCCESS, Status.SKIPPED)
    ]
    assert not wrong, "\n".join(wrong)
    assert sum(one.status is Status.SUCCESS for one in results) > 40


def test_the_protocol_describes_itself(directory: Directory) -> None:
    config = directory("get", "ServiceProviderConfig")
    assert config["Content-Type"] == "application/scim+json"
    said = config.json()
    supported = {
        name: said[name]["supported"] for name in ("patch", "bulk", "filter", "changePassword", "sort", "etag")
    }
    assert supported == {
        "patch": True, "bulk": False, "filter": True, "changePassword": False, "sort": True, "etag": True
    }  # fmt: skip
    assert [one["id"] for one in directory("get", "ResourceTypes").json()["Resources"]] == ["User", "Group"]
    assert [one["id"] for one in directory("get", "Schemas").json()["Resources"]] == [USER, GROUP]
    assert directory("get", f"Schemas/{USER}").json()["meta"]["location"].endswith(f"/scim/v2/acme/Schemas/{USER}")
    assert directory("get", "Schemas?filter=id").status_code == 403
    for path, code in (
        ("Schemas/none", 404),
        ("ResourceTypes/none", 404),
        ("nothing", 404),
        ("Me", 501),
        ("Bulk", 501),
    ):
        answer = directory("get", path)
        assert (answer.status_code, answer.json()["schemas"]) == (code, [ERROR])


# --- as the directories write


def test_a_directory_in_the_manner_of_okta(directory: Directory, organization: Organization) -> None:
    """Its published sequence: look for the name, create, switch off, push a group, change its members."""
    found = directory("get", 'Users?filter=userName%20eq%20"isaac@corp.example"&startIndex=1&count=100').json()
    assert found == {"schemas": [LIST], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0}
    sent = {
        "schemas": [USER],
        "userName": "isaac@corp.example",
        "name": {"givenName": "Isaac", "familyName": "Brock"},
        "emails": [{"primary": True, "value": "isaac@corp.example", "type": "work"}],
        "displayName": "Isaac Brock",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq",
        "active": True,
    }
    made = directory("post", "Users", sent)
    assert made.status_code == 201
    isaac = made.json()
    assert isaac["meta"]["location"] == made["Location"]
    assert isaac["meta"]["version"] == made["ETag"]
    kept = {name: isaac[name] for name in ("userName", "name", "emails", "displayName", "externalId", "active")}
    assert kept == {name: sent[name] for name in kept}
    assert "password" not in made.content.decode()
    assert not User.objects.get(username="isaac").has_usable_password()
    renamed = {**isaac, "displayName": "Isaac B.", "active": True}
    assert directory("put", f"Users/{isaac['id']}", renamed).json()["displayName"] == "Isaac B."
    switched = directory.patch(f"Users/{isaac['id']}", {"op": "replace", "value": {"active": False}})
    assert switched.json()["active"] is False
    assert not Membership.objects.filter(user__username="isaac").exists()
    directory("put", f"Users/{isaac['id']}", {**isaac, "active": True})
    assert Membership.objects.filter(user__username="isaac").exists()

    group = directory.group("Makers", externalId="00g1")
    path = f"Groups/{group['id']}"
    both = directory.patch(
        path,
        {"op": "remove", "path": 'members[value eq "11111111-1111-4111-8111-111111111111"]'},
        {"op": "add", "path": "members", "value": [{"value": isaac["id"], "display": "isaac@corp.example"}]},
    )
    assert [one["value"] for one in both.json()["members"]] == [isaac["id"]]
    answer = directory.patch(path, {"op": "replace", "value": {"id": group["id"], "displayName": "Builders"}})
    assert answer.json()["displayName"] == "Builders"
    shown = directory("get", f"Users/{isaac['id']}").json()["groups"]
    assert [(one["value"], one["display"]) for one in shown] == [(group["id"], "Builders")]
    replaced = directory.patch(path, {"op": "replace", "path": "members", "value": []})
    assert "members" not in replaced.json()


def test_a_directory_in_the_manner_of_entra(directory: Directory) -> None:
    """Operations with a capital, booleans as text, attributes of extensions, and filters that describe a new value."""
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    sent = {
        "schemas": [USER, enterprise],
        "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        "userName": "Test_User_ab6490ee@corp.example",
        "active": True,
        "emails": [{"primary": True, "type": "work", "value": "Test_User_fd0ea19b@corp.example"}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "givenName familyName", "familyName": "familyName", "givenName": "givenName"},
        "roles": [],
        enterprise: {"department": "Engineering"},
    }
    made = directory("post", "Users", sent)
    assert made.status_code == 201, made.content
    path = f"Users/{made.json()['id']}"
    changed = directory.patch(
        path,
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "updatedEmail@corp.example"},
        {"op": "Add", "path": 'emails[type eq "home"].value', "value": "home@corp.example"},
        {"op": "Replace", "path": "name.familyName", "value": "updatedFamilyName"},
        {"op": "Add", "path": f"{enterprise}:manager", "value": "x"},
        {"op": "Replace", "path": "title", "value": "Captain"},
        {"op": "Add", "value": {"displayName": "Shown", f"{enterprise}:department": "Sales"}},
    )
    assert changed.status_code == 200, changed.content
    after = changed.json()
    assert [(one["type"], one["value"]) for one in after["emails"]] == [
        ("work", "updatedemail@corp.example"),
        ("home", "home@corp.example"),
    ]
    assert (after["name"]["familyName"], after["displayName"]) == ("updatedFamilyName", "Shown")
    off = directory.patch(path, {"op": "Replace", "path": "active", "value": "False"})
    assert off.json()["active"] is False

    group = directory("post", "Groups", {"schemas": [GROUP], "externalId": "8aa1a0c0", "displayName": "displayName"})
    assert group.status_code == 201
    place, one, two = f"Groups/{group.json()['id']}", directory.user("one"), directory.user("two")
    values = [{"$ref": None, "value": one["id"]}, {"$ref": None, "value": two["id"]}]
    assert directory.patch(place, {"op": "Add", "path": "members", "value": values}).status_code == 200
    seen = directory("get", 'Groups?excludedAttributes=members&filter=displayName%20eq%20"DISPLAYNAME"').json()
    assert (seen["totalResults"], "members" in seen["Resources"][0]) == (1, False)
    member_of = f'Groups?filter=id%20eq%20"{group.json()["id"]}"%20and%20members%20eq%20"{one["id"]}"'
    assert directory("get", member_of).json()["totalResults"] == 1
    left = directory.patch(place, {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": one["id"]}]})
    assert [member["value"] for member in left.json()["members"]] == [two["id"]]


# --- versions


def test_a_change_of_what_somebody_else_changed_is_refused(directory: Directory) -> None:
    nina, group = directory.user("nina"), directory.group("makers")
    for kind, made in (("Users", nina), ("Groups", group)):
        path, first = f"{kind}/{made['id']}", made["meta"]["version"]
        assert directory("get", path)["ETag"] == first
        assert directory("get", path, if_none_match=first).status_code == 304
        changed = directory.patch(path, {"op": "replace", "path": "displayName", "value": "N"}, if_match=first)
        second = changed["ETag"]
        assert (changed.status_code, second == first) == (200, False)
        assert directory("get", path, if_none_match=first).status_code == 200
        late = {"if_match": first}
        stale = directory.patch(path, {"op": "replace", "path": "displayName", "value": "M"}, **late)
        assert (stale.status_code, stale.json()["schemas"]) == (412, [ERROR])
        assert directory("put", path, {"userName": "n", "displayName": "M"}, **late).status_code == 412
        assert directory("delete", path, **late).status_code == 412
        assert directory("get", path).json()["displayName"] == "N"
        assert directory("delete", path, if_match=f'"other", {second}').status_code == 204
        assert directory("get", path).status_code == 404
        assert directory("delete", path).status_code == 404


def test_what_changes_nothing_is_no_new_version_and_no_event(directory: Directory) -> None:
    nina = directory.user("nina", displayName="Nina")
    group = directory.group("makers", nina)
    nina = directory("get", f"Users/{nina['id']}").json()
    recorded = AuditEvent.objects.count()
    for path, made in ((f"Users/{nina['id']}", nina), (f"Groups/{group['id']}", group)):
        again = directory("put", path, made)
        assert (again.status_code, again.json()) == (200, made)
        same = directory.patch(path, {"op": "replace", "path": "displayName", "value": made["displayName"]})
        assert same.json() == made
    assert AuditEvent.objects.count() == recorded


def test_being_in_a_group_is_another_version_of_the_person(directory: Directory) -> None:
    nina = directory.user("nina")
    directory.group("makers", nina)
    assert directory("get", f"Users/{nina['id']}")["ETag"] != nina["meta"]["version"]


# --- searching


@pytest.fixture
def people(directory: Directory) -> Directory:
    """nina, omar and pia; omar is off, nina is a maker."""
    nina = directory.user(
        "nina", externalId="A1", emails=[{"value": "n@home.example", "type": "home", "primary": True}]
    )
    directory.user("omar", active=False)
    directory.user("pia", externalId="a1")
    directory.group("makers", nina, externalId="G1")
    return directory


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('userName eq "NINA@corp.example"', "nina"),
        ('USERNAME eq "nina@corp.example"', "nina"),
        (f'{USER}:userName sw "p"', "pia"),
        ('userName co "MAR"', "omar"),
        ('userName ew "example"', "nina omar pia"),
        ('userName ne "nina@corp.example"', "omar pia"),
        ('externalId eq "a1"', "pia"),
        ("externalId pr", "nina pia"),
        ("emails pr", "nina"),
        ('emails.value eq "N@home.example"', "nina"),
        ('emails[type eq "home" and value eq "N@HOME.example"]', "nina"),
        ('emails[type eq "work" and value eq "n@home.example"]', ""),
        ("active eq true", "nina pia"),
        ('active eq "False"', "omar"),
        ("not (active eq true)", "omar"),
        ('active eq true and (userName sw "n" or userName sw "o")', "nina"),
        ('userName sw "o" or userName sw "n" and externalId eq "a1"', "omar"),
        ("groups pr", "nina"),
        ('meta.lastModified gt "2001-01-01T00:00:00Z"', "nina omar pia"),
        ('meta.created lt "2001-01-01T00:00:00Z"', ""),
        ('id eq "nothing"', ""),
        ('userName eq "%"', ""),
        ('userName co "_"', ""),
        ('userName eq "x\\" or userName pr"', ""),
    ],
)
def test_people_are_found_by_filters(people: Directory, text: str, expected: str) -> None:
    answer = people("get", f"Users?{urlencode({'filter': text})}")
    assert answer.status_code == 200, answer.content
    found = [one["userName"].partition("@")[0] for one in answer.json().get("Resources", [])]
    assert " ".join(found) == expected
    searched = people("post", "Users/.search", {"schemas": [SEARCH], "filter": text})
    assert searched.json() == answer.json()


@pytest.mark.parametrize(
    "text",
    [
        "userName",
        'userName regex "x"',
        'userName eq "x',
        'password eq "x"',
        'displayName eq "x"',
        'userName gt "x"',
        "active gt true",
        'emails.value co "x"',
        'emails[type co "x"]',
        'meta.created gt "yesterday"',
        'meta.created gt "2001-99-99T00:00:00Z"',
        "(" * 30 + 'userName eq "x"' + ")" * 30,
        " or ".join(['userName eq "x"'] * 41),
        "userName eq 1",
        "x" * 1001,
    ],
)
def test_what_is_not_searched_by_is_refused_and_not_guessed(people: Directory, text: str) -> None:
    answer = people("get", f"Users?{urlencode({'filter': text})}")
    assert (answer.status_code, answer.json().get("scimType")) == (400, "invalidFilter"), answer.content
    assert answer.json()["status"] == "400"


def test_pages_and_orders(people: Directory) -> None:
    def names(query: str) -> list[str]:
        body = people("get", f"Users?{query}").json()
        assert body["totalResults"] == 3
        assert body["itemsPerPage"] == len(body.get("Resources", []))
        return [one["userName"].partition("@")[0] for one in body.get("Resources", [])]

    assert names("startIndex=2&count=1") == ["omar"]
    assert names("count=0") == []
    assert names("count=-5") == []
    assert names("startIndex=-3&count=2") == ["nina", "omar"]
    assert names("startIndex=99999999999999999999") == []
    assert names("sortBy=userName&sortOrder=descending") == ["pia", "omar", "nina"]
    assert names("sortBy=externalId") == ["omar", "nina", "pia"]
    assert names("count=99999999") == ["nina", "omar", "pia"]
    for wrong in ("startIndex=x", "count=x", "sortBy=emails", "sortBy=nothing", "attributes=a&excludedAttributes=b"):
        assert people("get", f"Users?{wrong}").status_code == 400, wrong


def test_only_the_wanted_attributes_are_shown(people: Directory) -> None:
    shown = people("get", "Users?attributes=userName&count=1").json()["Resources"][0]
    assert shown.keys() == {"schemas", "id", "userName"}
    shown = people("get", "Users?excludedAttributes=emails,groups&count=1").json()["Resources"][0]
    assert not {"emails", "groups"} & shown.keys()
    nina = people("get", "Users?attributes=groups.value&count=1").json()["Resources"][0]
    assert nina["groups"][0].keys() == {"value"}


def test_a_list_costs_the_same_however_long_it_is(people: Directory) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert people("get", path).status_code == 200
        return len(captured)

    before = queries("Users"), queries("Groups")
    more = [people.user(f"more{number}") for number in range(12)]
    for number in range(5):
        people.group(f"more{number}", *more)
    assert (queries("Users"), queries("Groups")) == before
    assert queries("Users?excludedAttributes=groups") == queries("Users") - 1
    assert queries("Groups?excludedAttributes=members") == queries("Groups") - 1


# --- what is refused


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({}, "invalidValue"),
        ([], "invalidSyntax"),
        ("text", "invalidSyntax"),
        ({"userName": ""}, "invalidValue"),
        ({"userName": "   "}, "invalidValue"),
        ({"userName": "x" * 256}, "invalidValue"),
        ({"userName": "a\nb"}, "invalidValue"),
        ({"userName": "x", "active": "maybe"}, "invalidValue"),
        ({"userName": "x", "emails": [{"value": "no address"}]}, "invalidValue"),
        ({"userName": "x", "emails": [{"value": f"a{n}@b.example"} for n in range(21)]}, "invalidValue"),
        ({"userName": "x", "name": {"givenName": "x" * 256}}, "invalidValue"),
        ({"userName": {"deep": "x"}}, "invalidValue"),
    ],
)
def test_a_person_who_cannot_be_kept_is_refused(directory: Directory, body: Any, kind: str) -> None:
    answer = directory("post", "Users", body)
    assert (answer.status_code, answer.json().get("scimType")) == (400, kind), answer.content
    assert not ScimUser.objects.exists()


def test_a_name_that_another_entry_has_is_refused(people: Directory) -> None:
    pia = people("get", 'Users?filter=userName%20sw%20"pia"').json()["Resources"][0]
    for answer in (
        people("post", "Users", {"userName": "NINA@corp.example"}),
        people("post", "Users", {"userName": "new", "externalId": "A1"}),
        people("post", "Users", {"userName": "new", "emails": [{"value": "N@home.example"}]}),
        people.patch(f"Users/{pia['id']}", {"op": "replace", "path": "userName", "value": "Nina@corp.example"}),
        people("post", "Groups", {"displayName": "MAKERS"}),
        people("post", "Groups", {"displayName": "new", "externalId": "G1"}),
    ):
        assert (answer.status_code, answer.json()["scimType"]) == (409, "uniqueness"), answer.content


def test_a_patch_that_cannot_be_meant_is_refused_as_a_whole(people: Directory) -> None:
    nina = people("get", "Users?count=1").json()["Resources"][0]
    path = f"Users/{nina['id']}"
    good = {"op": "replace", "path": "displayName", "value": "changed"}
    for bad in (
        {"op": "explode", "path": "displayName"},
        {"op": "replace", "path": "emails[", "value": 1},
        {"op": "replace", "path": "id", "value": "x"},
        {"op": "remove", "path": "userName"},
        {"op": "remove"},
        {"op": "replace", "path": "(" * 50, "value": 1},
        {"op": "replace", "path": "x" * 1001, "value": 1},
        "text",
    ):
        answer = people("patch", path, {"schemas": [PATCH], "Operations": [good, bad]})
        assert answer.status_code == 400, (bad, answer.content)
        assert answer.json()["schemas"] == [ERROR]
    for body in ({}, [], {"Operations": []}, {"Operations": [good] * 1001}, {"Operations": {}}):
        assert people("patch", path, body).status_code == 400
    assert people("get", path).json() == nina


def test_unusual_patches_of_members_are_understood(people: Directory) -> None:
    nina = people("get", "Users?count=1").json()["Resources"][0]["id"]
    group = people("get", "Groups").json()["Resources"][0]
    path = f"Groups/{group['id']}"
    emptied = people.patch(path, {"op": "remove", "path": f'members[type eq "User" and value eq "{nina}"]'})
    assert (emptied.status_code, "members" in emptied.json()) == (200, False)
    filled = people.patch(path, {"op": "add", "value": {"members": [{"value": nina}], "displayName": "Makers"}})
    assert [one["value"] for one in filled.json()["members"]] == [nina]
    assert "members" not in people.patch(path, {"op": "remove", "path": "members"}).json()


def test_bodies_are_read_strictly(directory: Directory) -> None:
    def sent(body: bytes, kind: str = "application/scim+json") -> Any:
        return Client().post(
            "/scim/v2/acme/Users", body, content_type=kind, headers={"Authorization": f"Bearer {directory.secret}"}
        )

    for body in (b"{", b"\xff", b'{"userName": "a\\u0000b"}', b"[" * 5000, b""):
        answer = sent(body)
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/scim+json"), body
    assert sent(b"<user/>", "application/xml").status_code == 415
    assert sent(b'{"userName": "plain"}', "application/json").status_code == 201
    assert directory("put", "Users", {}).status_code == 405


def test_calls_are_limited_and_told_so(directory: Directory, settings: Any) -> None:
    settings.API_RATE_PER_MINUTE = 2
    answers = [directory("get", "Users") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2]["Retry-After"]
    assert answers[0]["RateLimit"]
    assert answers[2].json()["schemas"] == [ERROR]


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)
WORDS = st.sampled_from(
    ["userName", "eq", "ne", "co", "pr", "and", "or", "not", "(", ")", "[", "]", '"x"', "emails", ".", "value", "true",
     "members", "id", "meta.created", "null", "1", '"2020-01-01T00:00:00Z"', "externalId", "active", ":", "urn:a:b:c"]
)  # fmt: skip
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["op", "path", "value", "userName", "members", "emails", "active", "name", "displayName", "id"]
            )
            | TEXTS,
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(text=TEXTS | st.lists(WORDS, max_size=12).map(" ".join))
def test_no_filter_is_a_fault_of_the_server(people: Directory, text: str) -> None:
    for kind in ("Users", "Groups"):
        answer = people("get", f"{kind}?{urlencode({'filter': text})}")
        assert answer.status_code in (200, 400)
        assert answer["Content-Type"] == "application/scim+json"


@given(
    operations=st.lists(
        st.fixed_dictionaries(
            {"op": st.sampled_from(["add", "remove", "replace", "Replace"])},
            optional={
                "path": st.sampled_from(
                    ["members", "emails", "name", "active", "userName", "displayName", "schemas", "meta"]
                )
                | st.lists(WORDS, max_size=6).map("".join)
                | TEXTS,
                "value": JUNK,
            },
        ),
        max_size=3,
    ),
    body=JUNK.filter(lambda body: body is not None),
)
def test_no_body_is_a_fault_of_the_server(people: Directory, operations: list[Any], body: Any) -> None:
    nina = people("get", "Users?count=1").json()["Resources"][0]["id"]
    group = people("get", "Groups?count=1").json()["Resources"][0]["id"]
    for path in (f"Users/{nina}", f"Groups/{group}"):
        patched = people.patch(path, *operations)
        put = people("put", path, body)
        posted = people("post", path.partition("/")[0], body)
        for answer in (patched, put, posted):
            assert answer.status_code in (200, 201, 400, 409), answer.content


def test_what_nobody_may_change_is_passed_over_when_it_comes_along(people: Directory) -> None:
    nina = people("get", "Users?count=1").json()["Resources"][0]
    path = f"Users/{nina['id']}"
    sent = {**nina, "id": "other", "meta": {"version": "x"}, "groups": [], "displayName": "Nina"}
    answer = people.patch(path, {"op": "replace", "value": sent})
    assert answer.status_code == 200, answer.content
    after = answer.json()
    assert (after["id"], after["groups"], after["displayName"]) == (nina["id"], nina["groups"], "Nina")
