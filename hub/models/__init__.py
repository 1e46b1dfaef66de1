"""The rows of the foundation, one module per resource."""

from hub.models.audit import AuditEvent
from hub.models.guards import KeptForever
from hub.models.namespaces import Namespace
from hub.models.organizations import MANAGING_ROLES, Membership, Organization, Role
from hub.models.secrets import UserSecret
from hub.models.tokens import ApiToken
from hub.models.users import User

__all__ = [
    "MANAGING_ROLES",
    "ApiToken",
    "AuditEvent",
    "KeptForever",
    "Membership",
    "Namespace",
    "Organization",
    "Role",
    "User",
    "UserSecret",
]
