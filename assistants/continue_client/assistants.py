"""Assistant objects as Continue's clients expect them (contract 4.2)."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import F, Q, QuerySet

from assistants.domain.rendering import Rendered, render
from assistants.models import Lock, lies_on
from hub.actors import Actor
from hub.models import Namespace
from hub.policies.namespaces import belonging
from hub.services.secrets import SecretBox

LIST_LIMIT = 100
DEFAULT_NAMESPACE = "starter"


def visible_locks(actor: Actor, namespaces: QuerySet[Namespace]) -> QuerySet[Lock]:
    """The latest releases of assistants of some namespaces that the actor may read in full, with what an answer needs."""
    rows = (
        Lock.objects.whole_for(actor)
        .current()
        .filter(release=F("release__package__latest_release"), release__package__namespace__in=namespaces)
    )
    rows = rows.annotate(is_laid_over=lies_on(actor))
    return rows.select_related("bundle", "release__package__namespace").order_by("release__package__name", "id")[
        :LIST_LIMIT
    ]


def namespaces_listed(actor: Actor, organization_id: str) -> QuerySet[Namespace]:
    """Whose assistants a client lists: an organization's, or in the personal scope one's own and the starter's.

    A client that finds an assistant only in this list (the SDK) must find those of all its organizations too, so the
    personal scope holds them as well.
    """
    if organization_id:
        number = organization_id.removeprefix("org_")
        mine = belonging(actor)
        return mine.filter(organization_id=int(number)) if number.isdecimal() and len(number) < 18 else mine.none()
    starter = Q(slug=DEFAULT_NAMESPACE)
    return Namespace.objects.filter(starter | Q(id__in=belonging(actor).values("id")))


def answer(lock: Lock, box: SecretBox) -> dict[str, Any]:
    """The assistant of a lock, unrolled and rendered for one person."""
    package = lock.release.package
    document = json.loads(bytes(lock.bundle.content))
    namespace = package.namespace.slug
    rendered = render(
        document["config"], lambda name: box.value(name.rpartition("/")[2], namespace=name.partition("/")[0])
    )
    errors = [{"fatal": False, "message": _left_out(label, missing)} for label, missing in rendered.left_out.items()]
    config: dict[str, Any] | None = rendered.config
    if rendered.lost_chat:
        config, errors = None, [{"fatal": True, "message": _no_model(str(package), rendered)}]
    return {
        "configResult": {"config": config, "errors": errors, "configLoadInterrupted": config is None},
        "ownerSlug": namespace,
        "packageSlug": package.name,
        "iconUrl": None,
        "onPremProxyUrl": None,
        "useOnPremProxy": None,
        "rawYaml": lock.pinned_manifest,
    }


def refusal(owner: str, package: str, message: str) -> dict[str, Any]:
    """An answer whose message the client shows; it shows nothing of an answer that is not 200 (contract 0.3, 2)."""
    return {
        "configResult": {
            "config": None,
            "errors": [{"fatal": True, "message": message}],
            "configLoadInterrupted": True,
        },
        "ownerSlug": owner,
        "packageSlug": package,
        "iconUrl": None,
        "onPremProxyUrl": None,
        "useOnPremProxy": None,
        "rawYaml": "",
    }


def _left_out(label: str, missing: list[str]) -> str:
    why = "not in your account, or not allowed for this assistant's namespace"
    return f"{label} is left out: the secret {', '.join(missing)} is {why}."


def _no_model(package: str, rendered: Rendered) -> str:
    names = sorted(
        {name for label, missing in rendered.left_out.items() if label.startswith("models ") for name in missing}
    )
    return (
        f"Every chat model of {package} needs a secret that the hub cannot give you: {', '.join(names)}. "
        "Add it in the hub under Account, Secrets, and allow it for this assistant's namespace."
    )
