"""Who does what with packages. Which rows may be read is `Package.objects.visible_to`."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, Q, QuerySet, Value, When

from hub import shortcache
from hub.actors import Actor
from hub.domain import roles
from hub.domain.actions import Scope
from hub.domain.decisions import Allowed, Decision, Denied, PermissionRefused
from hub.domain.patterns import Pattern
from hub.domain.roles import Permission
from hub.models import Membership, Namespace, TeamMembership, User
from hub.policies.memberships import role_of
from hub.policies.moderation import may_moderate
from hub.policies.namespaces import administered, may_publish
from registry.models import Grant, Imposer, Package, Proposal, ProposalState, Release, Visibility
from registry.models.packages import manageable_by, publishable_by

_WIDTH = {Visibility.PUBLIC: 2, Visibility.INTERNAL: 1, Visibility.PRIVATE: 0}


class Quarantined(PermissionRefused):
    """Refuses everybody what is quarantined, or what contains it (`of`). For those alone who could read all that is named."""

    def __init__(self, *things: Package | Release, of: str = "") -> None:
        reasons = " ".join(f"“{one}” is quarantined: {_sentence(one.quarantine_reason)}" for one in things)
        links = " ".join(sorted({one.quarantine_link for one in things} - {""}))
        super().__init__(" ".join(filter(None, [f"“{of}” cannot be used now." if of else "", reasons, links])))

    @property
    def code(self) -> str:
        """The last part of the problem's type over REST."""
        return "quarantined"

    @property
    def title(self) -> str:
        """The heading of the notice."""
        return "Quarantined"


@dataclass(frozen=True)
class Abilities:
    """What an actor may do with a package, decided at one moment."""

    release: Decision
    manage: Decision
    quarantine: Decision


def abilities(actor: Actor, package: Package) -> Abilities:
    """Whether the actor may publish in this package, manage it, and quarantine it. One query, none for who is nobody."""
    publishes = manages = administers = False
    if actor.user is not None or actor.token is not None:
        rows = Package.objects.filter(id=package.id, namespace__closed_at=None)
        asked = (_is(publishable_by(actor)), _is(manageable_by(actor)), _is(Q(namespace__in=administered(actor))))
        key = ("abilities", *_means(actor), package.id)
        first = rows.values_list(*asked).first
        publishes, manages, administers = shortcache.asked_once(key, first) or (False, False, False)
    managing = _managing(actor, package, held=manages)
    return Abilities(
        _releasing(actor, package, held=publishes), managing, _quarantining(actor, package, managing, administers)
    )


def may_release(actor: Actor, package: Package) -> Decision:
    """Whether the actor may publish and yank in this package: by role, by grant, or as its trusted CI job. One query."""
    return abilities(actor, package).release


def may_begin(actor: Actor, namespace: Namespace, name: str) -> Decision:
    """Whether the actor may make the package `name` in `namespace` and publish in it: nobody has a grant there yet. One query."""
    allowed = may_publish(actor, namespace)
    patterns = [Pattern.parse(text) for text in actor.patterns]
    if allowed and patterns and not any(one.matches(namespace.slug, name) for one in patterns):
        return Denied(f"You may not publish in “{namespace.slug}/{name}”. Ask those who manage it for a grant.")
    return allowed


def may_yank(actor: Actor, package: Package) -> Decision:
    """Whether the actor may yank releases and take that back: whoever publishes, but no CI job. Taking away is for people."""
    if actor.user is None and actor.token is not None:
        return Denied("A CI job publishes, and yanks nothing.")
    return may_release(actor, package)


def may_manage(actor: Actor, package: Package) -> Decision:
    """Whether the actor may describe the package, choose who sees it, grant, transfer and delete it. One query."""
    return abilities(actor, package).manage


def may_quarantine(actor: Actor, package: Package) -> Decision:
    """Whether the actor may quarantine the package and its releases: moderators, and who runs the namespace. One query."""
    return abilities(actor, package).quarantine


def may_lift(actor: Actor, thing: Package | Release, may_quarantine: Decision) -> Decision:
    """Whether the actor, who `may_quarantine` it or not, may end the quarantine of `thing`. No query."""
    if thing.quarantined_as == Imposer.MODERATOR and not may_moderate(actor):
        return Denied("A moderator of this hub imposed this quarantine. Only a moderator lifts it.")
    return may_quarantine


def may_inspect(actor: Actor, package: Package) -> bool:
    """Whether the actor, who could read the package, may look at what is quarantined: moderators and who manages it."""
    return bool(may_moderate(actor)) or bool(may_manage(actor, package))


def side(actor: Actor) -> Imposer:
    """On whose side the actor imposes a quarantine."""
    return Imposer.MODERATOR if may_moderate(actor) else Imposer.MANAGER


def may_report(actor: Actor) -> Decision:
    """Whether the actor may tell the moderators something: any person with an account."""
    if actor.user is None or actor.user.is_service:
        return Denied("Sign in to report something.")
    if actor.reader is None:
        return Denied("This token lacks the scope “read”.")
    return Allowed()


def may_mirror(actor: Actor, namespace: Namespace) -> Decision:
    """Whether the actor may let `namespace` follow an upstream: who manages the packages in it, not only one of them."""
    if actor.user is None or not actor.has_scope(Scope.MANAGE) or not actor.has_scope(Scope.PUBLISH):
        return Denied("Sign in, or send an API token of the scopes “publish” and “manage”.")
    if actor.patterns or not _manages_all_of(actor, namespace):
        return Denied(f"Only owners and admins of “{namespace.slug}” set up mirrors there.")
    return Allowed()


def _manages_all_of(actor: Actor, namespace: Namespace) -> bool:
    """Whether the actor manages every package of `namespace`, also those to come. Asks for a role once."""
    if namespace.organization is not None:
        return roles.allows(role_of(actor, namespace.organization), Permission.PACKAGE_MANAGE)
    return administered(actor).filter(id=namespace.id).exists()


def may_transfer(actor: Actor, package: Package) -> Decision:
    """Whether the actor may offer the package to another namespace: who manages it because of a grant alone may not."""
    held = not actor.patterns and administered(actor).filter(id=package.namespace_id).exists()
    managed = _managing(actor, package, held=True)
    if managed and not held:
        return Denied(f"Only owners and admins of “{package.namespace.slug}” hand its packages over.")
    return managed


def may_receive(actor: Actor, namespace: Namespace) -> Decision:
    """Whether the actor may take packages into `namespace`, or decline them. One query."""
    if not actor.has_scope(Scope.MANAGE):
        return Denied("Sign in, or send an API token of scope “manage”.")
    if actor.patterns or not administered(actor).filter(id=namespace.id).exists():
        return Denied(f"Only owners and admins of “{namespace.slug}” take packages there.")
    return Allowed()


def may_see_sources(actor: Actor, namespace: Namespace) -> Decision:
    """Whether the actor may see which repositories feed `namespace`, and let them be synced: who makes packages there."""
    if not actor.has_scope(Scope.PUBLISH):
        return Denied("Sign in, or send an API token of scope “publish”.")
    if actor.patterns or not _holds(actor, namespace, Permission.PACKAGE_PUBLISH):
        return Denied(f"Only those who publish in “{namespace.slug}” see its sources.")
    return Allowed()


def may_manage_sources(actor: Actor, namespace: Namespace) -> Decision:
    """Whether the actor may connect repositories to `namespace`, change and disconnect them."""
    if not actor.has_scope(Scope.MANAGE):
        return Denied("Sign in, or send an API token of scope “manage”.")
    if actor.patterns or not _holds(actor, namespace, Permission.PACKAGE_MANAGE):
        return Denied(f"Only owners and admins of “{namespace.slug}” connect repositories.")
    return Allowed()


def may_contain(package: Package, part: Package) -> Decision:
    """Whether `package` may hand out the content of `part` to all who may read it."""
    same = package.namespace_id == part.namespace_id
    if part.visibility == Visibility.PUBLIC or (same and width(part) >= width(package)):
        return Allowed()
    return Denied(f"“{part}” is {part.visibility}, but “{package}” is {package.visibility}: more people would see it.")


def containable(package: Package) -> Q:
    """The condition on packages that `package` may hand out their content: `may_contain`, for many at once."""
    wide_enough = [level for level, number in _WIDTH.items() if number >= width(package)]
    return Q(visibility=Visibility.PUBLIC) | Q(namespace=package.namespace_id, visibility__in=wide_enough)


def width(package: Package) -> int:
    """How many may read a package, as a number to compare within one namespace."""
    return _WIDTH[Visibility(package.visibility)]


def _holds(actor: Actor, namespace: Namespace, permission: Permission) -> bool:
    """Whether the actor has `permission` in all of a namespace. At most one query, shared with what else asks for the role."""
    if namespace.organization is None:
        return actor.user is not None and actor.confined_to is None and namespace.user_id == actor.user.pk
    return roles.allows(role_of(actor, namespace.organization), permission)


def _releasing(actor: Actor, package: Package, *, held: bool) -> Decision:
    if actor.user is None and actor.token is None:
        return Denied("Sign in, or send an API token, to publish.")
    if not _covers(actor, Scope.PUBLISH):
        return Denied("This token lacks the scope “publish”.")
    if not held:
        return Denied(f"You may not publish in “{package}”. Ask those who manage it for a grant.")
    return Allowed()


def _managing(actor: Actor, package: Package, *, held: bool) -> Decision:
    if actor.user is None:
        return Denied("Sign in, or send an API token, to change this package.")
    if not actor.has_scope(Scope.MANAGE):
        return Denied("This token lacks the scope “manage”.")
    if not held:
        return Denied(f"You may not manage “{package}”. Ask those who do for a grant.")
    return Allowed()


def _quarantining(actor: Actor, package: Package, managing: Decision, administers: object) -> Decision:
    if may_moderate(actor):
        return Allowed()
    if managing and (actor.patterns or not administers):
        return Denied(f"Only owners and admins of “{package.namespace.slug}” and moderators of this hub quarantine it.")
    return managing


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _means(actor: Actor) -> tuple[object, ...]:
    """What decides about power, as a key: two actors with the same means may do the same."""
    user = actor.user.pk if actor.user is not None else None
    token = actor.token.pk if actor.token is not None else None
    return user, token, actor.sso, actor.second_factor, actor.confined_to


def _is(condition: Q) -> Case:
    return Case(When(condition, then=Value(value=True)), default=Value(value=False))


def _covers(actor: Actor, scope: Scope) -> bool:
    """Whether the means of sign-in covers `scope`, also for a CI job, which no user stands behind."""
    return actor.has_scope(scope) or (actor.user is None and actor.token is not None and scope in actor.token.scopes)


def may_read(actor: Actor, package: Package) -> Decision:
    """Whether the actor may read this package now: for who has it from elsewhere than `visible_to`. One query."""
    if not Package.objects.visible_to(actor).filter(id=package.id).exists():
        return Denied(f"You may not read “{package}”.")
    return Allowed()


def may_propose(actor: Actor, package: Package) -> Decision:
    """Whether the actor may propose changes of this package, which it reads (`may_read`), and talk about them. No query."""
    if actor.user is None:
        return Denied("Sign in, or send an API token, to propose changes.")
    if not actor.has_scope(Scope.PUBLISH):
        return Denied("This token lacks the scope “publish”.")
    if actor.patterns and not _named_by(actor, package):
        return Denied(f"This token is not for “{package}”.")
    if actor.confined_to not in (None, package.namespace.organization_id):
        return Denied("This sign-in is for another organization.")
    if package.archived_at is not None:
        return Denied(f"“{package}” is archived: it takes no more releases.")
    return Allowed()


def may_discuss(actor: Actor, proposal: Proposal) -> Decision:
    """Whether the actor may comment on the proposal: who may propose, and on a draft its author alone. No query."""
    if proposal.state == ProposalState.DRAFT and not _wrote(actor, proposal):
        return Denied("This proposal is a draft.")
    return may_propose(actor, proposal.package)


def may_revise(actor: Actor, proposal: Proposal) -> Decision:
    """Whether the actor may change what the proposal says: its author. No query."""
    if not _wrote(actor, proposal):
        return Denied("Only its author changes a proposal. Comment on it, or propose something else.")
    return may_propose(actor, proposal.package)


def may_review(actor: Actor, proposal: Proposal) -> Decision:
    """Whether the actor may approve the proposal or ask for changes: who may discuss it, but not its author. No query."""
    if _wrote(actor, proposal):
        return Denied("Nobody reviews their own proposal.")
    return may_discuss(actor, proposal)


def may_close(actor: Actor, proposal: Proposal) -> Decision:
    """Whether the actor may close and reopen the proposal: its author, and who publishes in the package. One query."""
    if _wrote(actor, proposal):
        return may_propose(actor, proposal.package)
    if proposal.state == ProposalState.DRAFT:
        return Denied("This proposal is a draft.")
    return may_yank(actor, proposal.package)


def may_merge(actor: Actor, proposal: Proposal) -> Decision:
    """Whether the actor may publish what the proposal says. Approvals and checks are another question. One query."""
    if actor.user is None:
        return Denied("Sign in, or send an API token, to merge.")
    if proposal.state == ProposalState.DRAFT and not _wrote(actor, proposal):
        return Denied("This proposal is a draft.")
    return may_release(actor, proposal.package)


def publishers(package: Package) -> QuerySet[User]:
    """The people whose approval counts in this package: who may publish there now, by role or grant. No machines."""
    return _people(package, Permission.PACKAGE_PUBLISH, ("publish", "manage"))


def managers(package: Package) -> QuerySet[User]:
    """The people who may manage this package now, by role or grant. No machines."""
    return _people(package, Permission.PACKAGE_MANAGE, ("manage",))


def _people(package: Package, permission: Permission, grants: tuple[str, ...]) -> QuerySet[User]:
    holder = package.namespace.organization_id
    granted = Grant.objects.filter(package=package, permission__in=grants)
    if holder is None:
        by_grant = granted.filter(user__isnull=False, membership=None).values("user")
        held = Q(id=package.namespace.user_id) | Q(id__in=by_grant)
    else:
        by_role = Membership.objects.filter(organization=holder, role__in=roles.with_permission(permission))
        as_member = granted.filter(membership__organization=holder).values("user")
        teams = granted.filter(team__organization=holder).values("team")
        in_team = TeamMembership.objects.filter(team__in=teams).values("membership__user")
        held = Q(id__in=by_role.values("user")) | Q(id__in=as_member) | Q(id__in=in_team)
    return User.objects.filter(held, is_active=True, is_service=False)


def _wrote(actor: Actor, proposal: Proposal) -> bool:
    return actor.user is not None and proposal.author_id == actor.user.pk


def _named_by(actor: Actor, package: Package) -> bool:
    patterns = map(Pattern.parse, actor.patterns)
    return any(pattern.matches(package.namespace.slug, package.name) for pattern in patterns)
