"""The addresses of people and organizations under /api/v1/."""

from django.urls import URLPattern, path

from hub.api.audit import MyAuditView, OrganizationAuditExportView, OrganizationAuditView
from hub.api.devices import MyDevicesView, MyDeviceView
from hub.api.domains import DomainCheckView, DomainListView, DomainView
from hub.api.invitations import InvitationListView, InvitationResendView, InvitationView
from hub.api.jobs import JobView
from hub.api.me import MeView
from hub.api.members import MemberListView, MemberView
from hub.api.notifications import MyNotificationPreferencesView, MyNotificationsView
from hub.api.organizations import OrganizationListView, OrganizationView
from hub.api.security import SecurityView
from hub.api.service_accounts import (
    ServiceAccountListView,
    ServiceAccountView,
    ServiceTokenListView,
    ServiceTokenRotationView,
    ServiceTokenView,
)
from hub.api.sso import MappingListView, MappingView, SsoView
from hub.api.teams import TeamListView, TeamMemberListView, TeamMemberView, TeamView
from hub.api.tokens import MyTokensView, MyTokenView
from hub.api.webhooks import (
    DeliveryListView,
    DeliveryView,
    ReplayView,
    WebhookListView,
    WebhookRotationView,
    WebhookTestView,
    WebhookView,
)

urlpatterns: list[URLPattern] = [
    path("me", MeView.as_view(), name="me"),
    path("me/audit-events", MyAuditView.as_view(), name="my-audit-events"),
    path("jobs/<int:job_id>", JobView.as_view(), name="job"),
    path("organizations", OrganizationListView.as_view(), name="organizations"),
    path("organizations/<str:slug>", OrganizationView.as_view(), name="organization"),
    path("organizations/<str:slug>/members", MemberListView.as_view(), name="members"),
    path("organizations/<str:slug>/members/<str:username>", MemberView.as_view(), name="member"),
    path("organizations/<str:slug>/teams", TeamListView.as_view(), name="teams"),
    path("organizations/<str:slug>/teams/<str:team>", TeamView.as_view(), name="team"),
    path("organizations/<str:slug>/teams/<str:team>/members", TeamMemberListView.as_view(), name="team-members"),
    path(
        "organizations/<str:slug>/teams/<str:team>/members/<path:username>",
        TeamMemberView.as_view(),
        name="team-member",
    ),
    path("organizations/<str:slug>/invitations", InvitationListView.as_view(), name="invitations"),
    path("organizations/<str:slug>/invitations/<int:invitation_id>", InvitationView.as_view(), name="invitation"),
    path(
        "organizations/<str:slug>/invitations/<int:invitation_id>/resend",
        InvitationResendView.as_view(),
        name="invitation-resend",
    ),
    path("organizations/<str:slug>/audit-events", OrganizationAuditView.as_view(), name="audit-events"),
    path("organizations/<str:slug>/audit-events/export", OrganizationAuditExportView.as_view(), name="audit-export"),
    path("me/devices", MyDevicesView.as_view(), name="my-devices"),
    path("me/devices/<int:device_id>", MyDeviceView.as_view(), name="my-device"),
    path("me/notifications", MyNotificationsView.as_view(), name="my-notifications"),
    path("me/notification-preferences", MyNotificationPreferencesView.as_view(), name="my-notification-preferences"),
    path("me/tokens", MyTokensView.as_view(), name="my-tokens"),
    path("me/tokens/<int:token_id>", MyTokenView.as_view(), name="my-token"),
    path("organizations/<str:slug>/sso", SsoView.as_view(), name="organization-sso"),
    path("organizations/<str:slug>/group-mappings", MappingListView.as_view(), name="group-mappings"),
    path("organizations/<str:slug>/group-mappings/<int:mapping_id>", MappingView.as_view(), name="group-mapping"),
    path("organizations/<str:slug>/domains", DomainListView.as_view(), name="domains"),
    path("organizations/<str:slug>/domains/<int:domain_id>", DomainView.as_view(), name="domain"),
    path("organizations/<str:slug>/domains/<int:domain_id>/check", DomainCheckView.as_view(), name="domain-check"),
    path("organizations/<str:slug>/security", SecurityView.as_view(), name="organization-security"),
    path("organizations/<str:slug>/service-accounts", ServiceAccountListView.as_view(), name="service-accounts"),
    path("organizations/<str:slug>/service-accounts/<str:name>", ServiceAccountView.as_view(), name="service-account"),
    path(
        "organizations/<str:slug>/service-accounts/<str:name>/tokens",
        ServiceTokenListView.as_view(),
        name="service-tokens",
    ),
    path(
        "organizations/<str:slug>/service-accounts/<str:name>/tokens/<int:token_id>",
        ServiceTokenView.as_view(),
        name="service-token",
    ),
    path(
        "organizations/<str:slug>/service-accounts/<str:name>/tokens/<int:token_id>/rotate",
        ServiceTokenRotationView.as_view(),
        name="service-token-rotate",
    ),
    path("organizations/<str:slug>/webhooks", WebhookListView.as_view(), name="webhooks"),
    path("organizations/<str:slug>/webhooks/<int:webhook_id>", WebhookView.as_view(), name="webhook"),
    path(
        "organizations/<str:slug>/webhooks/<int:webhook_id>/rotate",
        WebhookRotationView.as_view(),
        name="webhook-rotate",
    ),
    path("organizations/<str:slug>/webhooks/<int:webhook_id>/test", WebhookTestView.as_view(), name="webhook-test"),
    path(
        "organizations/<str:slug>/webhooks/<int:webhook_id>/deliveries",
        DeliveryListView.as_view(),
        name="webhook-deliveries",
    ),
    path(
        "organizations/<str:slug>/webhooks/<int:webhook_id>/deliveries/<int:delivery_id>",
        DeliveryView.as_view(),
        name="webhook-delivery",
    ),
    path(
        "organizations/<str:slug>/webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/replay",
        ReplayView.as_view(),
        name="webhook-replay",
    ),
]
