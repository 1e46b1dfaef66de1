"""Partial changes as directories send them, applied to what is stored."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from scim2_models import (
    Context,
    InvalidPathException,
    InvalidSyntaxException,
    InvalidValueException,
    PatchOp,
    TooManyException,
)

from hub.domain.scim import Group, Person
from hub.models import ScimGroup, ScimUser
from hub.scim import filters, mapping, resources

MAX_OPERATIONS = 1000
MAX_SLOW_STEPS = 50_000
_MESSAGE = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_ONE_MEMBER = re.compile(r'members\[\s*value\s+eq\s+"([^"\\]+)"\s*\]', re.IGNORECASE)
# Clients repeat these in a value without meaning to change them; the standard lets nobody change them.
_READ_ONLY = {"id", "meta", "schemas", "groups"}


def of_user(row: ScimUser, payload: Any) -> Person:
    """What the person is after the operations of `payload`. Raises SCIMException or ValidationError."""
    resource = mapping.user_resource(row)
    _apply(resource, resources.User, _operations(payload))
    return mapping.person(resource, was_active=None)


def of_group(row: ScimGroup, members: frozenset[str], payload: Any) -> Group:
    """What the group is after the operations of `payload`. Raises SCIMException or ValidationError.

    Changes of members in their usual forms are done on the set of ids: the general way costs time for each member and
    each operation, and a large group gets a thousand of them at once.
    """
    operations = _operations(payload)
    rest, steps = _split(operations)
    if steps is None:
        if len(operations) * len(members) > MAX_SLOW_STEPS:
            raise TooManyException(detail="The group is too large for these operations. Name the members by value.")
        resource = mapping.group_resource(row, sorted(members))
        _apply(resource, resources.Group, operations)
        return mapping.group(resource)
    resource = mapping.group_resource(row)
    _apply(resource, resources.Group, rest)
    changed = mapping.group(resource)
    return Group(changed.display_name, changed.external_id, _changed(members, steps))


def _operations(payload: Any) -> list[dict[str, Any]]:
    """The operations of a message, each an object, without what nobody may change. Raises InvalidSyntaxException."""
    found = payload if isinstance(payload, dict) else {}
    operations = next((value for name, value in found.items() if name.lower() == "operations"), None)
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise InvalidSyntaxException(detail="A patch has a list of Operations.")
    if not 1 <= len(operations) <= MAX_OPERATIONS:
        raise TooManyException(detail=f"A patch has 1 to {MAX_OPERATIONS} operations.")
    for one in operations:
        filters.check_text(str(one.get("path") or ""), InvalidPathException)
        if not one.get("path") and isinstance(one.get("value"), dict):
            one["value"] = {name: value for name, value in one["value"].items() if name.lower() not in _READ_ONLY}
    return operations


def _apply(resource: Any, model: Any, operations: list[dict[str, Any]]) -> None:
    meaningful = [one for one in operations if one.get("path") or one.get("value") != {}]
    if not meaningful:
        return
    message = {"schemas": [_MESSAGE], "Operations": meaningful}
    PatchOp[model].model_validate(message, scim_ctx=Context.RESOURCE_PATCH_REQUEST).patch(resource)


type Step = tuple[str, frozenset[str]]


def _split(operations: Iterable[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[Step] | None]:
    """The operations that are not about members, and the steps of those that are; None if one is of an unusual form."""
    rest, steps = [], []
    for one in operations:
        op, path, value = str(one.get("op", "")).lower(), str(one.get("path") or ""), one.get("value")
        match = _ONE_MEMBER.fullmatch(path)
        if match and op == "remove" and value is None:
            steps.append((op, frozenset({match[1]})))
        elif path.lower() == "members" and op in ("add", "replace", "remove"):
            steps.append(("clear", frozenset()) if op == "remove" and value is None else (op, _ids(value)))
        elif not path and op in ("add", "replace") and isinstance(value, dict):
            others = {name: part for name, part in value.items() if name.lower() != "members"}
            steps += [(op, _ids(part)) for name, part in value.items() if name.lower() == "members"]
            rest.append({**one, "value": others})
        elif "members" in path.lower():
            return [], None
        else:
            rest.append(one)
    return rest, steps


def _ids(value: Any) -> frozenset[str]:
    """The ids in a list of members. Raises InvalidValueException."""
    entries = value if isinstance(value, list) else [] if value is None else [value]
    ids = [entry.get("value") if isinstance(entry, dict) else None for entry in entries]
    if not all(isinstance(one, str) and one for one in ids):
        raise InvalidValueException(detail="A member is an object with the id of a user as its value.")
    return frozenset(str(one) for one in ids)


def _changed(members: frozenset[str], steps: Iterable[Step]) -> frozenset[str]:
    now = set(members)
    for op, ids in steps:
        match op:
            case "add":
                now |= ids
            case "remove":
                now -= ids
            case "replace" | "clear":
                now = set(ids)
    return frozenset(now)
