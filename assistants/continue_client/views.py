"""The endpoints themselves. Each honours a trap of the contract that a comment names."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from rest_framework.exceptions import APIException

from assistants.continue_client import archives, assistants
from assistants.continue_client.caller import BadToken, caller
from assistants.models import Lock
from assistants.services import scoping
from hub.actors import Actor
from hub.api.parsers import PayloadTooLarge, parse_json
from hub.domain.decisions import PermissionRefused
from hub.policies.memberships import effective
from hub.services import secrets
from registry import lookups
from registry.api.counting import counted
from registry.domain.versions import InvalidRange
from registry.models import Release

DEFAULT_SLUG = ("continuedev", "default-cli-config")

type View = Callable[..., HttpResponse]


def as_message(view: View) -> View:
    """Errors as `{"message"}`: the client parses every answer as JSON, whatever its status. No cache keeps an answer."""

    @wraps(view)
    def handle(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except BadToken as error:
            response = JsonResponse({"message": str(error)}, status=401)
        except PermissionRefused as error:
            response = JsonResponse({"message": str(error)}, status=403)
        except InvalidRange as error:
            response = JsonResponse({"message": str(error)}, status=400)
        except RequestDataTooBig:
            response = JsonResponse({"message": PayloadTooLarge.default_detail}, status=413)
        except Http404:
            response = JsonResponse({"message": "There is no such package that you may read."}, status=404)
        response.headers["Cache-Control"] = "no-store"
        return response

    return handle


@require_GET
@as_message
def scope(request: HttpRequest) -> HttpResponse:
    """`GET auth/scope`: the organization that the token is confined to, if any."""
    organization = _require_person(caller(request)).confined_to
    return JsonResponse({"organizationId": f"org_{organization}" if organization is not None else None})


@require_GET
@as_message
def list_organizations(request: HttpRequest) -> HttpResponse:
    """`GET ide/list-organizations`."""
    memberships = (
        effective(_require_person(caller(request)))
        .select_related("organization__namespace")
        .order_by("organization__name", "id")
    )
    found = [
        {
            "id": f"org_{row.organization_id}",
            "name": row.organization.name,
            "slug": row.organization.namespace.slug,
            "iconUrl": None,
        }
        for row in memberships
    ]
    return JsonResponse({"organizations": found})


@require_GET
@as_message
def list_assistants(request: HttpRequest) -> HttpResponse:
    """`GET ide/list-assistants`: a bare array; its order is what the client's picker shows."""
    actor = caller(request)
    namespaces = assistants.namespaces_listed(actor, request.GET.get("organizationId", ""))
    box = secrets.open_box(actor)
    found = scoping.of_locks(actor, list(assistants.visible_locks(actor, namespaces)))
    return _json([assistants.answer(lock, box) for lock in found])


@require_GET
def get_assistant(request: HttpRequest, owner: str, package: str) -> HttpResponse:
    """`GET ide/get-assistant/{owner}/{package[@version]}`. Always 200: other answers' messages are not shown."""
    name, _, version = package.partition("@")
    if (owner, name) == DEFAULT_SLUG:
        owner, _, name = settings.DEFAULT_ASSISTANT.partition("/")
    try:
        actor = caller(request)
        found = scoping.find(actor, owner, name, version or "latest")
    except (BadToken, PermissionRefused, InvalidRange) as error:
        return _json(assistants.refusal(owner, name, str(error)))
    except Http404:
        what = f"{owner}/{name}" + (f"@{version}" if version else "")
        message = f"There is no assistant {what} that you may read. Check the name, and that your token may read it."
        return _json(assistants.refusal(owner, name, message))
    lock = Lock.objects.select_related("bundle", "release__package__namespace").get(id=found.lock_id)
    return counted(request, _json(assistants.answer(lock, secrets.open_box(actor))), found.release_id)


@csrf_exempt
@require_POST
@as_message
def sync_secrets(request: HttpRequest) -> HttpResponse:
    """`POST ide/sync-secrets`: JSON whatever the content type says, one answer for each question, in order, always 200."""
    try:
        actor = caller(request)
    except BadToken:
        actor = Actor()
    try:
        body = parse_json(request.body)
    except APIException as error:
        return JsonResponse({"message": str(error.detail)}, status=400)
    questions = body.get("fqsns") if isinstance(body, dict) else None
    box = secrets.open_box(actor)
    return _json(
        [_secret_result(question, actor, box) for question in questions] if isinstance(questions, list) else []
    )


def _secret_result(fqsn: Any, actor: Actor, box: secrets.SecretBox) -> dict[str, Any] | None:
    """One SecretResult (contract 6.2). The name is echoed exactly: the client matches answers by it."""
    try:
        name = str(fqsn["secretName"])
        owners = [str(slug["ownerSlug"]) for slug in fqsn["packageSlugs"]]
    except (KeyError, TypeError):
        return None
    # A local file's own entry has an empty owner; it is the person's own, what it uses belongs to the next owner.
    owner = next((owner for owner in owners if owner), actor.label).lower()
    value = box.value(name, namespace=owner)
    if value is None:
        return {"found": False, "fqsn": fqsn, "secretLocation": {"secretType": "not_found", "secretName": name}}
    location = {"secretType": "user", "userSlug": actor.label, "secretName": name}
    return {"found": True, "fqsn": fqsn, "secretLocation": location, "value": value}


@require_GET
@as_message
def registry_content(request: HttpRequest, owner: str, package: str, version: str) -> HttpResponse:
    """`GET registry/v1/{owner}/{package}/{version}`. An anonymous client asks for `package@1.2.3` and `latest` (contract 4.6)."""
    name, _, pinned = package.partition("@")
    actor = caller(request)
    release = _release(actor, owner, name, pinned or version)
    if release.format == "skill":
        raise Http404  # there is no config.yaml that says what a skill is
    pinned_manifest = scoping.pinned_manifest(actor, release)
    answer = JsonResponse({"content": release.config_text() if pinned_manifest is None else pinned_manifest})
    return counted(request, answer, release.pk)


@require_GET
@as_message
def download(request: HttpRequest, owner: str, package: str) -> HttpResponse:
    """`GET v0/{owner}/{package}/latest/download`: a zip with one Markdown file, for `--rule` and `--prompt`."""
    release = _release(caller(request), owner, package, "latest")
    content = archives.markdown_archive(release.package.kind, release.package.name, release.content)
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{release.package.name}.zip"'
    return counted(request, response, release.pk)


def _release(actor: Actor, owner: str, name: str, version: str) -> Release:
    return lookups.release(lookups.package_by_any_name(actor, owner, name), version)


def _require_person(actor: Actor) -> Actor:
    if actor.user is None:
        raise BadToken("Send an API token of the hub: set CONTINUE_API_KEY.")
    return actor


def _json(value: Any) -> HttpResponse:
    """JSON that no cache keeps: it is made for one person and may hold that person's secrets."""
    content = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(content, content_type="application/json", headers={"Cache-Control": "no-store"})
