"""All settings of the hub, read from the environment. docs/production.md explains each variable."""

from __future__ import annotations

import email.utils
from pathlib import Path

import dj_database_url
from django.utils.csp import CSP

from hub import environment as env

BASE_DIR: Path = env.BASE_DIR
DATA_DIR = env.data_dir()
read = env.reader()

# --- Where and how it runs
DEBUG = read.bool("HUB_DEBUG", False)
BASE_URL = read.str("HUB_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = read.list("HUB_ALLOWED_HOSTS", env.hosts_of(BASE_URL))
SECRET_KEY = env.secret("SECRET_KEY", DATA_DIR / "keys" / "django-secret-key")
SECRET_KEY_FALLBACKS: list[str] = read.list("SECRET_KEY_FALLBACKS", [])
VAULT_KEYS = env.secret("VAULT_KEY", DATA_DIR / "keys" / "vault-key").split()
AUDIT_KEYS = env.secret("HUB_AUDIT_KEY", DATA_DIR / "keys" / "audit-key").split()
RECEIPT_KEYS = env.secret("HUB_RECEIPT_KEY", DATA_DIR / "keys" / "receipt-key").split()
AUDIT_CHECKPOINT_FILE = DATA_DIR / "audit" / "checkpoint.json"
ORGANIZATION_GRACE_DAYS = read.int("HUB_ORGANIZATION_GRACE_DAYS", 30)
AUDIT_RETENTION_DAYS = read.int("HUB_AUDIT_RETENTION_DAYS", 0)
REDIS_URL = read.str("REDIS_URL", "")
TRUSTED_PROXIES = read.int("HUB_TRUSTED_PROXIES", 0)
HTTPS = BASE_URL.startswith("https://")

# --- What the hub offers
SIGNUP_OPEN = read.bool("HUB_SIGNUP_OPEN", True)
SSO_ALLOWED_HOSTS: list[str] = read.list("HUB_SSO_ALLOWED_HOSTS", [])
GIT_ALLOWED_HOSTS: list[str] = read.list("HUB_GIT_ALLOWED_HOSTS", [])
WEBHOOK_ALLOWED_HOSTS: list[str] = read.list("HUB_WEBHOOK_ALLOWED_HOSTS", [])
MIRROR_ALLOWED_HOSTS: list[str] = read.list("HUB_MIRROR_ALLOWED_HOSTS", [])
WEBHOOK_LOG_DAYS = read.int("HUB_WEBHOOK_LOG_DAYS", 30)
TRUSTED_ISSUERS: list[str] = read.list(
    "HUB_TRUSTED_ISSUERS", ["https://token.actions.githubusercontent.com", "https://gitlab.com"]
)
DNS_SERVERS: list[str] = read.list("HUB_DNS_SERVERS", [])
DEFAULT_ASSISTANT = read.str("HUB_DEFAULT_ASSISTANT", "starter/plan")
API_RATE_PER_MINUTE = read.int("HUB_API_RATE_PER_MINUTE", 6000)
API_ANONYMOUS_RATE_PER_MINUTE = read.int("HUB_API_ANONYMOUS_RATE_PER_MINUTE", 1200)
DOWNLOADS_WRITTEN_EVERY = 10.0  # seconds between two writes of what a process has counted; 0: never

INSTALLED_APPS = [
    "hub",
    "registry",
    "assistants",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.idp.oidc",
    "corsheaders",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "hub.middleware.request_context",
    "hub.middleware.bounded_uploads",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "hub.sessions.note_activity",
    "django_htmx.middleware.HtmxMiddleware",
    "hub.middleware.refuse_unreadable_input",
    "hub.middleware.reads_once",
    "hub.middleware.RefusalPages",
    "hub.middleware.former_names",
    "registry.middleware.former_package_names",
]

ROOT_URLCONF = "hub.urls"
WSGI_APPLICATION = "hub.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["hub.templatetags.ui"],
        },
    }
]

# --- Data
DATABASES = {
    "default": dj_database_url.parse(
        env.database_url(), conn_max_age=read.int("DATABASE_CONN_MAX_AGE", 300), conn_health_checks=True
    )
}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "hub"}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 20_000}}
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
MAX_UPLOAD_BYTES = 32 * 1024 * 1024

# --- Celery (read with the prefix CELERY_ by hub/celery.py)
BROKER_DIR = DATA_DIR / "broker"
CELERY_BROKER_URL = REDIS_URL or "hub-files://"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {}
    if REDIS_URL
    else {
        "data_folder_in": str(BROKER_DIR / "queue"),
        "data_folder_out": str(BROKER_DIR / "queue"),
        "control_folder": str(BROKER_DIR / "control"),
        "processed_folder": str(BROKER_DIR / "processed"),
    }
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "run" / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "worker-heartbeat": {"task": "hub.tasks.heartbeat", "schedule": 30.0},
    "clear-expired-sessions": {"task": "hub.tasks.clear_expired_sessions", "schedule": 24 * 3600.0},
    "seal-audit-log": {"task": "hub.tasks.seal_audit_log", "schedule": 10.0},
    "deliver-webhooks": {"task": "hub.tasks.deliver_webhooks", "schedule": 5.0},
    "prune-webhook-log": {"task": "hub.tasks.prune_webhook_log", "schedule": 24 * 3600.0},
    "clear-ended-devices": {"task": "hub.tasks.clear_ended_devices", "schedule": 24 * 3600.0},
    "sweep-jobs": {"task": "hub.tasks.sweep_jobs", "schedule": 30.0},
    "purge-organizations": {"task": "hub.tasks.purge_organizations", "schedule": 24 * 3600.0},
    "start-mirrors": {"task": "registry.tasks.start_mirrors", "schedule": 300.0},
    "forget-used-identity-tokens": {"task": "registry.tasks.forget_used_identity_tokens", "schedule": 3600.0},
    "check-domains": {"task": "hub.tasks.check_domains", "schedule": 3600.0},
    "rescan-releases": {"task": "registry.tasks.rescan_releases", "schedule": 600.0},
    "sweep-git-sources": {"task": "registry.tasks.sweep_git_sources", "schedule": 60.0},
    "forget-import-uploads": {"task": "registry.tasks.forget_import_uploads", "schedule": 600.0},
    "tell-of-proposals": {"task": "registry.tasks.tell_of_proposals", "schedule": 60.0},
    "tell-forks": {"task": "registry.tasks.tell_forks_untold", "schedule": 60.0},
    "mail-notifications": {"task": "hub.tasks.mail_notifications", "schedule": 60.0},
    "forget-notifications": {"task": "hub.tasks.forget_notifications", "schedule": 24 * 3600.0},
    "roll-up-downloads": {"task": "registry.tasks.roll_up_downloads", "schedule": 60.0},
    "prune-downloads": {"task": "registry.tasks.prune_downloads", "schedule": 24 * 3600.0},
    "tidy-search-index": {"task": "registry.tasks.tidy_search_index", "schedule": 60.0},
    "sweep-updates": {"task": "assistants.tasks.sweep_updates", "schedule": 60.0},
    "work-on-due-updates": {"task": "assistants.tasks.work_on_due_updates", "schedule": 60.0},
    "prune-audit-log": {"task": "hub.tasks.prune_audit_log", "schedule": 24 * 3600.0},
}

# --- People
AUTH_USER_MODEL = "hub.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "hub.accounts.AccountAdapter"
ACCOUNT_FORMS = {"signup": "hub.forms.sign_up.SignUpForm"}
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = read.str(
    "HUB_EMAIL_VERIFICATION", "optional", validate=env.one_of("optional", "mandatory")
)
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Assistant Hub] "
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    # By address and by the name that was typed, whether or not it is anybody's; codes count for their person.
    "login_failed": "10/m/ip,5/5m/key",
    "signup": "20/m/ip",
    "reset_password": "20/m/ip,5/5m/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_USERNAME_MIN_LENGTH = 2
MFA_ADAPTER = "hub.mfa_adapter.SecondFactorAdapter"
MFA_FORMS = {
    "activate_totp": "hub.forms.second_factors.AppForm",
    "authenticate": "hub.forms.second_factors.CodeForm",
    "reauthenticate": "hub.forms.second_factors.ProveByCodeForm",
    "add_webauthn": "hub.forms.passkeys.AddPasskeyForm",
    "edit_webauthn": "hub.forms.passkeys.RenamePasskeyForm",
    "authenticate_webauthn": "hub.forms.passkeys.PasskeyForm",
    "login_webauthn": "hub.forms.passkeys.SignInByPasskeyForm",
    "reauthenticate_webauthn": "hub.forms.passkeys.ProveByPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # a clock may be half a minute off; hub/totp.py sees to it that each code works once
MFA_ALLOW_UNVERIFIED_EMAIL = True  # the forms ask for one confirmed address; allauth would ask for no other at all
USERSESSIONS_ADAPTER = "hub.sessions.SessionAdapter"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"

# --- Mail: printed by the web server, unless HUB_MAIL_HOST names a server
MAIL_HOST = read.str("HUB_MAIL_HOST", "")
MAIL_SECURITY = read.str("HUB_MAIL_SECURITY", "starttls", validate=env.one_of("starttls", "tls", "none"))
MAILERS = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": MAIL_HOST,
            "port": read.int("HUB_MAIL_PORT", 587),
            "username": read.str("HUB_MAIL_USER", ""),
            "password": read.str("HUB_MAIL_PASSWORD", ""),
            "use_tls": MAIL_SECURITY == "starttls",
            "use_ssl": MAIL_SECURITY == "tls",
            "timeout": 20,
        },
    }
    if MAIL_HOST
    else {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
}
DEFAULT_FROM_EMAIL = email.utils.formataddr(("Assistant Hub", read.str("HUB_MAIL_FROM", "hub@localhost")))

# --- Safety
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [BASE_URL]
if HTTPS:
    SECURE_HSTS_SECONDS = 30 * 24 * 3600
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Anyone's page may read what is public; a cookie is never taken along, so nothing private can leak this way.
CORS_ALLOW_ALL_ORIGINS = True
CORS_URLS_REGEX = r"^/(?:(?:api/v1|registry/v1|v0)/|\.well-known/hub-keys\.json$)"
CORS_ALLOW_METHODS = ["GET", "HEAD", "OPTIONS"]
CORS_EXPOSE_HEADERS = ["ETag", "RateLimit", "RateLimit-Policy", "Link"]

# --- Static files
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# --- Language and time
LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = read.str("HUB_TIME_ZONE", "UTC")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "hub.api.authentication.TokenAuthentication",
        "hub.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["hub.api.permissions.ReadOrSignedIn"],
    "DEFAULT_PARSER_CLASSES": ["hub.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["hub.api.throttling.RateLimit"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "hub.api.problems.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Assistant Hub API",
    "DESCRIPTION": "Publish packages, compose assistants, fetch them resolved. Errors are `application/problem+json`.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # Some two hundred operations: opened all at once they take a browser half a minute.
    "SWAGGER_UI_SETTINGS": {
        "deepLinking": True,
        "docExpansion": "none",
        "filter": True,
        "defaultModelsExpandDepth": -1,
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "ENUM_NAME_OVERRIDES": {
        "RoleEnum": "hub.models.organizations.Role",
        "ServiceRoleEnum": "hub.api.service_accounts.ROLES",
        "DeliveryStateEnum": "hub.models.webhooks.DeliveryState",
        "OverlayModeEnum": "assistants.models.overlays.Mode",
        "UpdateModeEnum": "assistants.api.updates.MODES",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "hub.redaction.RedactingFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": read.str("HUB_LOG_LEVEL", "INFO").upper()},
}

env.check(read)
