"""Settings of Hutong, all from the environment; in production a missing one is an error and not a
guess.

`manage.py up` and the tests make a data folder with secrets of its own
(crm_project/runtime/home.py); what the environment leaves open is read from there.
"""

import base64
import binascii
import os
from pathlib import Path

import environ
from csp import constants as csp
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from crm_project import logs, subjects
from crm_project.db import pooling
from crm_project.runtime import home, mail
from crm_project.web import addresses, theme

BASE_DIR = Path(__file__).resolve().parent.parent
HUTONG_DATA = home.folder()
_home = home.defaults()
env = environ.Env()


def _required(name: str, why: str) -> str:
    value = os.environ.get(name) or _home.get(name)
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set: {why} Set it in the environment, or start with `manage.py up`,"
            " which makes its own."
        )
    return value


def _key(name: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise ImproperlyConfigured(
            f"{name} must be 32 random bytes in base64, for example from `openssl rand -base64 32`."
        )
    return key


KEY_IDS = {str(number) for number in range(1, 256)}  # one byte of what is sealed


def _keys(text: str) -> dict[str, bytes]:
    pairs = [part.strip().partition(":") for part in text.split(",")]
    numbers = [number for number, _colon, _value in pairs]
    if not all(colon for _number, colon, _value in pairs):
        raise ImproperlyConfigured(
            'HUTONG_ENCRYPTION_KEYS is a list "id:base64,id:base64"; the first encrypts, all'
            " decrypt."
        )
    for n, number in enumerate(numbers, start=1):
        if number not in KEY_IDS:  # not shown: it may be a key in the wrong place
            raise ImproperlyConfigured(
                f"HUTONG_ENCRYPTION_KEYS: the id of key {n} of the list is none: ids are 1 to 255"
                " in plain digits."
            )
        if numbers.count(number) > 1:
            raise ImproperlyConfigured(
                f"HUTONG_ENCRYPTION_KEYS: two keys have the id {number}; each needs its own, for"
                " good."
            )
    return {number: _key("HUTONG_ENCRYPTION_KEYS", value) for number, _colon, value in pairs}


# --- who may come in
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = _required("SECRET_KEY", "sessions and tokens are signed with it.")
ENCRYPTION_KEYS = _keys(_required("HUTONG_ENCRYPTION_KEYS", "personal data is encrypted with it."))
HASH_KEY = _key(
    "HUTONG_HASH_KEY",
    _required("HUTONG_HASH_KEY", "phones and e-mails are found again by a keyed hash."),
)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PORT = int(os.environ.get("PORT") or _home.get("PORT", 8000))

# Cookies, redirects and HSTS are for https; `up` on a loopback address switches them off, else
# nobody could log in over plain http.
INSECURE_HTTP = env.bool("HUTONG_INSECURE_HTTP", default=DEBUG)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = not INSECURE_HTTP
SECURE_HSTS_SECONDS = 0 if INSECURE_HTTP else env.int("HUTONG_HSTS_SECONDS", default=31536000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not INSECURE_HTTP
BEHIND_TLS_PROXY = env.bool("HUTONG_BEHIND_TLS_PROXY", default=False)
if BEHIND_TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Whose X-Forwarded-For is believed, and how many proxies stand one behind the other
# (crm_project/web/addresses.py).
PROXIES = env.int("HUTONG_PROXIES", default=int(BEHIND_TLS_PROXY))
TRUSTED_PROXIES = env.list("HUTONG_TRUSTED_PROXIES", default=list(addresses.NEAR))
try:
    addresses.networks(tuple(TRUSTED_PROXIES))
except ValueError as error:
    raise ImproperlyConfigured(
        f"HUTONG_TRUSTED_PROXIES is a list of networks such as 10.0.0.0/8: {error}."
    ) from None
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# --- rooms
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_celery_beat",
    "crm_project",
    "customers",
    "events",
    "campaigns",
    "integrations",
    "demo",
]
MIDDLEWARE = [
    "crm_project.web.health.Healthz",
    "crm_project.logs.RequestLog",
    "crm_project.db.patience.Patience",
    "integrations.doors.cors.Cors",
    "django.middleware.security.SecurityMiddleware",
    "crm_project.login.middleware.PermissionsPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "crm_project.login.middleware.SignsOfLife",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "crm_project.web.sizes.Sizes",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "crm_project.web.viewer.Viewer",
    "crm_project.login.middleware.SecondStep",
    "django.contrib.messages.middleware.MessageMiddleware",
    "customers.workspace.middleware.InWorkspace",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "crm_project.login.middleware.KnownDevices",
]
ROOT_URLCONF = "crm_project.urls"
WSGI_APPLICATION = "crm_project.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["crm_project.login.nonces.Folders", "crm_project.login.nonces.Apps"],
                )
            ],
            "builtins": ["crm_project.login.nonces"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
# The second step is wanted of those who hold one of these permissions; by default wherever the
# product speaks https.
REQUIRE_SECOND_STEP = env.bool("HUTONG_REQUIRE_SECOND_STEP", default=not INSECURE_HTTP)
SECOND_STEP_FOR = ["customers.view_customer", "auth.change_user"]
OTP_TOTP_ISSUER = "Hutong"
SESSION_ENGINE = "crm_project.login.sessions"
SESSION_COOKIE_AGE = 8 * 3600
# Only scripts that a template of ours names run (crm_project/login/nonces.py), and what these load.
# `unsafe-eval`: the theme's pages are Alpine expressions in attributes, which its ordinary build
# hands to `new Function`; Alpine's CSP build understands none of those that the theme uses. It lets
# no foreign script in: what is evaluated stands in attributes, and no text of a stranger becomes
# one.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": None,
        "script-src": [csp.NONCE, csp.STRICT_DYNAMIC, csp.UNSAFE_EVAL],
        "object-src": [csp.NONE],
        "base-uri": [csp.NONE],
        "frame-ancestors": [csp.NONE],
        "form-action": [csp.SELF],
    }
}
CRM_AUDIT = "customers.audit.Audit"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# --- database: PostgreSQL 15 or newer, nothing else. Threads of the web share a pool; workers and
# commands keep one connection each.
DATABASES = {
    "default": env.db_url_config(_required("DATABASE_URL", "there is no database to work with."))
}
_pool = env.int("HUTONG_DB_POOL", default=0)
DATABASES["default"] |= {"CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": 600}
# A server that has vanished without a word is noticed within ten seconds.
_alive = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
# What crm_project/db/prepared.py asks a second time is prepared; a pooler between us and PostgreSQL
# must keep sessions (worker loops need that too).
DATABASES["default"]["OPTIONS"] = {
    "prepare_threshold": 1,
    **_alive,
    **DATABASES["default"].get("OPTIONS", {}),
}
if _pool:
    pooling.share(DATABASES["default"], _pool)

# --- broker and cache
BROKER_URL = _required("BROKER_URL", "there is no broker for the workers.")
BROKER_IS_REDIS = BROKER_URL.startswith(("redis://", "rediss://"))
_cache_url = os.environ.get("CACHE_URL") or (
    BROKER_URL.rsplit("/", 1)[0] + "/1" if BROKER_IS_REDIS else ""
)
if BROKER_URL.startswith("amqp") and not _cache_url:
    raise ImproperlyConfigured(
        "CACHE_URL is not set: RabbitMQ is no cache, and without a common one every process would"
        " count tries and limits for itself. Set CACHE_URL=redis://host:6379/1."
    )
if _cache_url:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": _cache_url,
            "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
        },
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- language, time
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "crm_project.formats"
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"  # for display only; rows hold moments

# --- static files
STATIC_URL = "static/"
# A release beside another (crm_project/runtime/release.py) has static files of its own.
IS_RELEASE = BASE_DIR.parent == HUTONG_DATA / "releases"
STATIC_ROOT = BASE_DIR / "collected" if IS_RELEASE else HUTONG_DATA / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = HUTONG_DATA / "media"

# --- files that staff bring and background work makes (crm_project/files/stores.py): in rows, in a
# folder that all machines share (file:///mnt/hutong), or in a bucket (s3://bucket/prefix?endpoint=…)
FILES_URL = env.str("FILES_URL", default="database:")
# Where backups go, and the marks of the erased with them; empty: they stay on this disk.
BACKUPS_URL = env.str("HUTONG_BACKUPS_URL", default="")
# Where exports on a schedule go, in the same two ways; empty: there are none.
EXPORTS_URL = env.str("HUTONG_EXPORTS_URL", default="")
FILES_MOST_BYTES = env.int("FILES_MOST_MB", default=2048) << 20  # one file
FILES_MOST_BYTES_EACH = env.int("FILES_MOST_MB_EACH", default=4096) << 20  # of one person, at once

# --- what the product consists of; what each adds to which seam stands in its subject.py
# (crm_project/subjects.py)
CRM_SUBJECTS = [
    "crm_project.admin.subject",
    "crm_project.alarms.subject",
    "crm_project.hosts.subject",
    "crm_project.jobs.subject",
    "customers.approval.subject",
    "customers.bulk.subject",
    "customers.identity.subject",
    "customers.attributes.subject",
    "customers.tags.subject",
    "customers.segments.subject",
    "customers.lists.subject",
    "customers.privacy.subject",
    "customers.owners.subject",
    "customers.profile.subject",
    "customers.data_rights.subject",
    "events.subject",
    "events.commerce.subject",
    "events.insights.subject",
    "campaigns.delivery.subject",
    "campaigns.coupons.subject",
    "campaigns.broadcasts.subject",
    "campaigns.journeys.subject",
    "campaigns.today.subject",
    "integrations.connections.subject",
    "integrations.doors.subject",
    "integrations.native.subject",
    "integrations.segment.subject",
    "integrations.sensors.subject",
    "integrations.in_app.subject",
    "integrations.email.subject",
    "integrations.sms.subject",
    "integrations.aliyun_sms.subject",
    "integrations.tencent_sms.subject",
    "integrations.sms_gateway.subject",
    "integrations.webhook.subject",
    "integrations.sync.files.subject",
    "integrations.member_api.subject",
    "integrations.wechat.subject",
    "integrations.sync.queue.subject",
    "integrations.sync.reconciliation.subject",
]
globals().update(subjects.gathered(CRM_SUBJECTS))

# --- sending
SENDERS = env.int(
    "HUTONG_SENDERS", default=2
)  # processes that carry messages at once, over all workers

# The address under which the world reaches us: links in letters begin with it.
PUBLIC_URL = env.str("HUTONG_PUBLIC_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
MAIL, MAIL_FROM = (
    mail.server(os.environ.get("EMAIL_URL") or _home.get("EMAIL_URL", "")),
    env.str("HUTONG_MAIL_FROM", default=""),
)
MAILBOX = HUTONG_DATA / "mailbox"  # where the demo's local mail server keeps what it was given
if not MAIL_FROM and _home.get("EMAIL_URL"):
    MAIL_FROM = "Hutong <hutong@localhost.localdomain>"

# Hosts (or host:port) that calls to other systems may reach though their address is of our own
# network, or not https (integrations/outbound/addresses.py).
OUTBOUND_HOSTS = env.list("HUTONG_OUTBOUND_HOSTS", default=[])
# Where the demo's stand-in of WeChat's platform answers, on this machine.
DEMO_WECHAT = os.environ.get("HUTONG_DEMO_WECHAT") or _home.get("HUTONG_DEMO_WECHAT", "")
if DEMO_WECHAT:
    OUTBOUND_HOSTS.append(DEMO_WECHAT.rpartition("/")[2])

# Where the demo's stand-in of a vendor of short messages answers, on this machine.
DEMO_SMS = os.environ.get("HUTONG_DEMO_SMS") or _home.get("HUTONG_DEMO_SMS", "")
if DEMO_SMS:
    OUTBOUND_HOSTS.append(DEMO_SMS.rpartition("/")[2])

# Where warnings of the installation itself go (crm_project/alarms/).
WARN_TO = env.str("HUTONG_WARN_TO", default="")

# --- segments
SEGMENT_SHARDS = env.int(
    "HUTONG_SEGMENT_SHARDS", default=1
)  # evaluators at once, over all workers: 1, 2, 3, 4, 6 or 12
if SEGMENT_SHARDS not in (1, 2, 3, 4, 6, 12):
    raise ImproperlyConfigured(
        "HUTONG_SEGMENT_SHARDS is one of 1, 2, 3, 4, 6, 12: how many evaluators share the"
        " customers."
    )

# --- health
HEALTH_TOKEN = env.str(
    "HUTONG_HEALTH_TOKEN", default=""
)  # who has it is an operator; without one whoever asks on this machine

# --- API
# What a sender may add: event names in all, and from one address a day; new customers in an hour,
# and from one address. Carriers put thousands of phones behind one address.
NEW_NAMES = {"client": env.int("HUTONG_NEW_NAMES", default=1000), "server": 20_000}
NEW_NAMES_PER_ADDRESS = env.int("HUTONG_NEW_NAMES_PER_ADDRESS", default=200)
NEW_CUSTOMERS_PER_HOUR = {
    "client": env.int("HUTONG_NEW_CUSTOMERS_PER_HOUR", default=60_000),
    "server": 5_000_000,
}
NEW_CUSTOMERS_PER_ADDRESS = env.int("HUTONG_NEW_CUSTOMERS_PER_ADDRESS", default=3000)
INTAKE_REQUESTS_PER_SECOND = env.int(
    "HUTONG_INTAKE_REQUESTS_PER_SECOND", default=2000
)  # per source; more is told 429
SPOOL_BYTES = env.int(
    "HUTONG_SPOOL_BYTES", default=1 << 30
)  # of requests that wait for the database, on this machine's disk
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],  # each door names its own
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Hutong 互通",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "DESCRIPTION": "Native doors and server API. The contract in words is docs/api.md.",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "integrations.openapi.schema.complete",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- admin
UNFOLD = theme.UNFOLD

# --- logs: JSON lines on stdout
LOGGING = logs.configure(level=env.str("LOG_LEVEL", default="INFO"))
