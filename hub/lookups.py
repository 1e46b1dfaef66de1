"""From an organization's name in an address to its row, for those who belong to it. To others it is not there."""

from __future__ import annotations

from django.http import Http404

from hub.actors import Actor
from hub.domain import slugs
from hub.domain.decisions import PermissionRefused
from hub.models import Organization
from hub.policies import memberships
from hub.policies.organizations import visible_to

_CODES = {
    "sso": "sso_required",
    "second-factor": "second_factor_required",
    "life": "token_too_long",
    "confined": "confined",
}
_MISSING = {
    "sso": "“{name}” is open only to sign-ins through its single sign-on. Go through it, then come back.",
    "second-factor": "“{name}” is open only to sign-ins with a second factor. Set one up, sign in with it, then come back.",
    "life": "“{name}” takes only tokens that were made to live for a shorter time than this one. Make one that ends sooner.",
    "confined": "This sign-in reaches one organization only, and “{name}” is another one. Sign in with your password.",
}


class ProofMissing(PermissionRefused):
    """A member's sign-in lacks what the organization requires. `proof` is `sso`, `second-factor`, `life` or `confined`."""

    def __init__(self, organization: Organization, proof: str) -> None:
        super().__init__(_MISSING[proof].format(name=organization.name))
        self.organization = organization
        self.proof = proof

    @property
    def code(self) -> str:
        """The last part of the problem's type."""
        return _CODES[self.proof]


def organization(actor: Actor, slug: str) -> Organization:
    """The organization of that name with its namespace. One query for those who are in.

    Raises Http404 for who does not belong to it, ProofMissing for a member whose sign-in lacks what it requires.
    """
    name = slugs.normalize(slug)
    found = visible_to(actor).select_related("namespace").filter(namespace__slug=name).first()
    if found is not None:
        return found
    hidden = Organization.objects.select_related("namespace").filter(namespace__slug=name).first()
    proof = memberships.missing_proof(actor, hidden) if hidden is not None and actor.reader is not None else None
    if hidden is None or proof is None:
        raise Http404
    raise ProofMissing(hidden, proof)
