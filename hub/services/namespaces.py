"""Taking names in the one name space of people and organizations."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from hub.domain import slugs
from hub.models import Namespace, NamespaceName, Organization, User


class NameTaken(Exception):
    """The slug belongs, or once belonged, to another person or organization."""


def claim(slug: str, *, user: User | None = None, organization: Organization | None = None) -> Namespace:
    """Make the namespace of a new person or organization. Part of the caller's transaction, which writes the audit event.

    Raises InvalidName, or NameTaken for a name that anybody else has or had; the primary key decides between two callers.
    """
    slug = slugs.check_namespace(slugs.normalize(slug))
    try:
        with transaction.atomic():
            namespace = Namespace.objects.create(slug=slug, user=user, organization=organization)
            NamespaceName.objects.create(slug=slug, namespace=namespace)
    except IntegrityError:
        raise NameTaken(f"The name “{slug}” is taken.") from None
    return namespace


def give_name(namespace: Namespace, slug: str) -> None:
    """Let `namespace` be called `slug` from now on. Its former names stay its own, so it may go back to one of them.

    Part of the caller's transaction. Raises InvalidName or NameTaken.
    """
    slug = slugs.check_namespace(slugs.normalize(slug))
    try:
        with transaction.atomic():
            _, made = NamespaceName.objects.get_or_create(slug=slug, defaults={"namespace": namespace})
            if not made and not NamespaceName.objects.filter(slug=slug, namespace=namespace).exists():
                raise NameTaken(f"The name “{slug}” is taken.")
            Namespace.objects.filter(id=namespace.id).update(slug=slug)
    except IntegrityError:
        raise NameTaken(f"The name “{slug}” is taken.") from None
    namespace.slug = slug


def renamed(slug: str) -> str | None:
    """The present name of the namespace that was once called `slug`; None for a name that was never given up. One query."""
    rows = NamespaceName.objects.filter(slug=slugs.normalize(slug), namespace__closed_at=None)
    row = rows.values_list("namespace__slug", flat=True).first()
    return row if row is not None and row != slugs.normalize(slug) else None
