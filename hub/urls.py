"""All addresses. First segments are reserved names (hub/domain/slugs.py); what is left belongs to namespaces."""

from allauth.account import views as allauth_views
from allauth.mfa import urls as second_factor_urls
from allauth.mfa.recovery_codes import views as code_views
from allauth.mfa.totp import views as totp_views
from django.conf import settings
from django.db import transaction
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from assistants.views import keys
from hub import sign_in_events
from hub.api import device_login
from hub.views import components, health, sign_in

# Addresses are tried one after the other, and there are hundreds: the one that clients poll, a bundle by its name, comes first.
api_v1: list[URLPattern | URLResolver] = [
    path("", include("assistants.urls_api")),
    path("", include("hub.urls_api")),
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("", include("registry.urls_api")),
]

sign_in_events.one_transaction(second_factor_urls.urlpatterns)

urlpatterns = [
    path("api/v1/", include((api_v1, "api"))),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("account/link/<str:uid>/<str:token>", sign_in.sign_in_by_link, name="sign-in-link"),
    # The same pages as allauth's own addresses below, in a transaction with the audit log.
    path("accounts/email/", transaction.atomic(allauth_views.email), name="account_email"),
    path(
        "accounts/confirm-email/<str:key>/",
        transaction.atomic(allauth_views.confirm_email),
        name="account_confirm_email",
    ),
    # allauth's own overviews; ours shows both.
    path("accounts/2fa/", RedirectView.as_view(pattern_name="security"), name="mfa_index"),
    path("accounts/2fa/webauthn/", RedirectView.as_view(pattern_name="security"), name="mfa_list_webauthn"),
    # What these show is for one look: nothing keeps it, not even the browser.
    path("accounts/2fa/totp/activate/", never_cache(totp_views.activate_totp), name="mfa_activate_totp"),
    path("accounts/2fa/recovery-codes/", never_cache(code_views.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("accounts/", include("allauth.urls")),
    path(".well-known/oauth-authorization-server", device_login.metadata, name="oauth-metadata"),
    path(".well-known/hub-keys.json", keys.key_set, name="hub-keys"),
    path("identity/o/api/device/code", device_login.device_code, name="oauth-device-code"),
    path("identity/o/api/token", device_login.token, name="oauth-token"),
    path("identity/o/api/revoke", device_login.revoke, name="oauth-revoke"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="api:schema"), name="api-docs"),
    path("scim/v2/<str:slug>/", include(("hub.scim.urls", "scim"))),
    path("", include("assistants.continue_client.urls")),
    path("", include("hub.urls_account")),
    path("", include("registry.urls_moderation")),
    path("", include("registry.urls_imports")),
    path("", include("registry.urls_sources")),
    path("feeds/", include("registry.urls_feeds")),
    # What follows starts with a namespace, so it comes last.
    path("", include("hub.pages.urls")),
    path("", include("assistants.urls")),
    path("", include("registry.urls")),
]

if settings.DEBUG:
    urlpatterns.insert(0, path("-/components", components.components, name="components"))

handler400 = "hub.views.errors.bad_request"
handler403 = "hub.views.errors.forbidden"
handler404 = "hub.views.errors.not_found"
handler500 = "hub.views.errors.server_error"
