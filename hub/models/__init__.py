"""The rows of the foundation, one module per resource."""

from hub.models.among import Among
from hub.models.audit import AuditEvent, AuditSeal, AuditUnsealed
from hub.models.devices import Device, DeviceRequest, RefreshToken
from hub.models.domains import DomainProof
from hub.models.group_mappings import GroupMapping
from hub.models.guards import KeptForever
from hub.models.invitations import Invitation
from hub.models.jobs import Job, JobState
from hub.models.namespaces import Namespace, NamespaceName
from hub.models.notifications import Notification, NotificationPreference, Way
from hub.models.organizations import Membership, Organization, Role, Source
from hub.models.scim import ScimGroup, ScimGroupMember, ScimUser
from hub.models.secrets import UserSecret
from hub.models.service_accounts import ServiceAccount
from hub.models.sso import SsoConnection, SsoProtocol
from hub.models.teams import Team, TeamMembership
from hub.models.tokens import ApiToken, TokenKind
from hub.models.users import User
from hub.models.webhooks import DeliveryState, Webhook, WebhookDelivery, WebhookTry

__all__ = [
    "Among",
    "ApiToken",
    "AuditEvent",
    "AuditSeal",
    "AuditUnsealed",
    "DeliveryState",
    "Device",
    "DeviceRequest",
    "DomainProof",
    "GroupMapping",
    "Invitation",
    "Job",
    "JobState",
    "KeptForever",
    "Membership",
    "Namespace",
    "NamespaceName",
    "Notification",
    "NotificationPreference",
    "Organization",
    "RefreshToken",
    "Role",
    "ScimGroup",
    "ScimGroupMember",
    "ScimUser",
    "ServiceAccount",
    "Source",
    "SsoConnection",
    "SsoProtocol",
    "Team",
    "TeamMembership",
    "TokenKind",
    "User",
    "UserSecret",
    "Way",
    "Webhook",
    "WebhookDelivery",
    "WebhookTry",
]
