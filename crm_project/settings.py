"""Settings of Hutong, all from the environment; in production a missing one is an error and not a guess.

`manage.py up` and the tests make a data folder with secrets of its own (crm_project/runtime/home.py); what the environment leaves open is
read from there.
"""

import base64
import binascii
import os
from pathlib import Path

import environ
from csp import constants as csp
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from crm_project import logs, mail
from crm_project.db import patience
from crm_project.runtime import home
from crm_project.web import addresses, theme

BASE_DIR = Path(__file__).resolve().parent.parent
HUTONG_DATA = home.folder()
_home = home.defaults()
env = environ.Env()


def _required(name: str, why: str) -> str:
    value = os.environ.get(name) or _home.get(name)
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set: {why} Set it in the environment, or start with `manage.py up`, which makes its own."
        )
    return value


def _key(name: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise ImproperlyConfigured(f"{name} must be 32 random bytes in base64, for example from `openssl rand -base64 32`.")
    return key


KEY_IDS = {str(number) for number in range(1, 256)}  # one byte of what is sealed


def _keys(text: str) -> dict[str, bytes]:
    pairs = [part.strip().partition(":") for part in text.split(",")]
    numbers = [number for number, _colon, _value in pairs]
    if not all(colon for _number, colon, _value in pairs):
        raise ImproperlyConfigured('HUTONG_ENCRYPTION_KEYS is a list "id:base64,id:base64"; the first encrypts, all decrypt.')
    for n, number in enumerate(numbers, start=1):
        if number not in KEY_IDS:  # not shown: it may be a key in the wrong place
            raise ImproperlyConfigured(f"HUTONG_ENCRYPTION_KEYS: the id of key {n} of the list is none: ids are 1 to 255 in plain digits.")
        if numbers.count(number) > 1:
            raise ImproperlyConfigured(f"HUTONG_ENCRYPTION_KEYS: two keys have the id {number}; each needs its own, for good.")
    return {number: _key("HUTONG_ENCRYPTION_KEYS", value) for number, _colon, value in pairs}


# --- who may come in
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = _required("SECRET_KEY", "sessions and tokens are signed with it.")
ENCRYPTION_KEYS = _keys(_required("HUTONG_ENCRYPTION_KEYS", "personal data is encrypted with it."))
HASH_KEY = _key("HUTONG_HASH_KEY", _required("HUTONG_HASH_KEY", "phones and e-mails are found again by a keyed hash."))
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PORT = int(os.environ.get("PORT") or _home.get("PORT", 8000))

# Cookies, redirects and HSTS are for https; `up` on a loopback address switches them off, else nobody could log in over plain http.
INSECURE_HTTP = env.bool("HUTONG_INSECURE_HTTP", default=DEBUG)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = not INSECURE_HTTP
SECURE_HSTS_SECONDS = 0 if INSECURE_HTTP else env.int("HUTONG_HSTS_SECONDS", default=31536000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not INSECURE_HTTP
BEHIND_TLS_PROXY = env.bool("HUTONG_BEHIND_TLS_PROXY", default=False)
if BEHIND_TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Whose X-Forwarded-For is believed, and how many proxies stand one behind the other (crm_project/web/addresses.py).
PROXIES = env.int("HUTONG_PROXIES", default=int(BEHIND_TLS_PROXY))
TRUSTED_PROXIES = env.list("HUTONG_TRUSTED_PROXIES", default=list(addresses.NEAR))
try:
    addresses.networks(tuple(TRUSTED_PROXIES))
except ValueError as error:
    raise ImproperlyConfigured(f"HUTONG_TRUSTED_PROXIES is a list of networks such as 10.0.0.0/8: {error}.") from None
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
    "customers.workspace.zone.WorkspaceZone",
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
            "loaders": [("django.template.loaders.cached.Loader", ["crm_project.login.nonces.Folders", "crm_project.login.nonces.Apps"])],
            "builtins": ["crm_project.login.nonces"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
# The second step is wanted of those who hold one of these permissions; by default wherever the product speaks https.
REQUIRE_SECOND_STEP = env.bool("HUTONG_REQUIRE_SECOND_STEP", default=not INSECURE_HTTP)
SECOND_STEP_FOR = ["customers.view_customer", "auth.change_user"]
OTP_TOTP_ISSUER = "Hutong"
SESSION_ENGINE = "crm_project.login.sessions"
SESSION_COOKIE_AGE = 8 * 3600
# Only scripts that a template of ours names run (crm_project/login/nonces.py), and what these load. `unsafe-eval`: the theme's pages
# are Alpine expressions in attributes, which its ordinary build hands to `new Function`; Alpine's CSP build understands none of those that
# the theme uses. It lets no foreign script in: what is evaluated stands in attributes, and no text of a stranger becomes one.
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
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# --- database: PostgreSQL 15 or newer, nothing else. Threads of the web share a pool; workers and commands keep one connection each.
DATABASES = {"default": env.db_url_config(_required("DATABASE_URL", "there is no database to work with."))}
_pool = env.int("HUTONG_DB_POOL", default=0)
DATABASES["default"] |= {"CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": 0 if _pool else 600}
# A server that has vanished without a word is noticed within ten seconds.
_alive = {"connect_timeout": 5, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}
# What crm_project/db/prepared.py asks a second time is prepared; a pooler between us and PostgreSQL must keep sessions (worker loops need that too).
DATABASES["default"]["OPTIONS"] = {"prepare_threshold": 1, **_alive, **DATABASES["default"].get("OPTIONS", {})}
if _pool:
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": _pool,
        "timeout": 1,  # for a connection; it is not cut by patience, and Django asks once more to end a transaction
        "reconnect_timeout": 2,  # then whoever asks tries again; else the pauses double, up to minutes after the database is back
        "connection_class": patience.Connection,
    }

# --- broker and cache
BROKER_URL = _required("BROKER_URL", "there is no broker for the workers.")
BROKER_IS_REDIS = BROKER_URL.startswith(("redis://", "rediss://"))
_cache_url = os.environ.get("CACHE_URL") or (BROKER_URL.rsplit("/", 1)[0] + "/1" if BROKER_IS_REDIS else "")
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
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"  # for display only; rows hold moments

# --- static files
STATIC_URL = "static/"
STATIC_ROOT = HUTONG_DATA / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = HUTONG_DATA / "media"

# --- what can be added with one file and one line (crm_project/registry.py)
CRM_FORMATS = [
    "integrations.native.format.NativeFormat",
    "integrations.segment.format.SegmentFormat",
    "integrations.sensors.format.SensorsFormat",
]
CRM_CHANNELS = ["integrations.in_app.channel.InApp", "integrations.email.channel.Email"]
CRM_SEGMENT_CONDITIONS = [
    "customers.segments.conditions.attribute.Attribute",
    "customers.segments.conditions.attribute_date.AttributeDate",
    "customers.segments.conditions.has_been.HasBeen",
    "customers.segments.conditions.tagged.Tagged",
    "customers.segments.conditions.in_segment.InSegment",
    "customers.segments.conditions.in_segment.InList",
    "customers.segments.conditions.random_share.RandomShare",
    "events.segment_conditions.behaviour.DidEvent",
    "events.segment_conditions.behaviour.EventNumber",
    "events.segment_conditions.first_last.FirstDid",
    "events.segment_conditions.first_last.LastDid",
    "events.segment_conditions.habits.StoppedDoing",
    "events.segment_conditions.habits.RestartedDoing",
    "events.segment_conditions.habits.RegularlyDid",
    "events.segment_conditions.pairs.Sequence",
    "events.segment_conditions.pairs.DidNotFollow",
    "events.segment_conditions.orders.Ordered",
    "events.segment_conditions.orders.Bought",
    "events.segment_conditions.orders.Refunded",
    "events.segment_conditions.bookings.Booked",
    "events.segment_conditions.measurements.Measured",
    "events.segment_conditions.lifecycle.Lifecycle",
    "events.segment_conditions.lifecycle.Value",
    "events.segment_conditions.interests.Interested",
    "campaigns.segment_conditions.HoldsCoupon",
    "campaigns.segment_conditions.RedeemedCoupon",
    "campaigns.segment_conditions.Messaged",
    "campaigns.segment_conditions.Consented",
    "campaigns.segment_conditions.Reachable",
]
# What is concluded from the facts and kept per customer, in this order, before the segments are evaluated (customers/segments/derived.py).
CRM_DERIVED_STATE = ["events.insights.lifecycle.Keeper", "customers.tags.rules.GivenByRule"]
# What can be done to all rows of a list (customers/bulk/).
CRM_BULK_ACTS = [
    "customers.bulk.exporting.Export",
    "customers.bulk.customers.PutOn",
    "customers.bulk.customers.TakeOff",
    "customers.bulk.customers.AddToList",
    "campaigns.bulk.IssueCoupon",
]
# Who is to be called about something today, so that revealing their phone counts apart (customers/data_rights/revealing.py).
CRM_DUE_TODAY = ["customers.profile.notes.due_today", "events.commerce.bookings.due_today"]
# Kept figures (events/insights/figures.py); each has its triggers in a migration.
CRM_FIGURES = [
    "events.insights.figures.Customers",
    "events.insights.figures.Orders",
    "events.insights.figures.Standing",
    "events.insights.figures.Moved",
    "campaigns.reports.figures.Messages",
    "campaigns.reports.figures.Coupons",
    "campaigns.reports.figures.Attributed",
]
# What pickers offer while somebody types (customers/suggestions.py).
CRM_SUGGESTIONS = [
    "customers.attributes.suggestions.AttributeKeys",
    "customers.attributes.suggestions.AttributeValues",
    "events.suggestions.EventNames",
    "events.suggestions.EventProperties",
    "events.suggestions.EventValues",
    "events.suggestions.Products",
    "events.suggestions.Bookables",
    "events.suggestions.Categories",
    "events.suggestions.Goods",
    "events.suggestions.MeasurementKinds",
]
# Ready-made beginnings of a segment's rule (customers/segments/starts.py).
CRM_SEGMENT_STARTS = [
    "events.segment_conditions.starts.BoughtLately",
    "events.segment_conditions.starts.ViewedAndDidNotBuy",
    "events.segment_conditions.starts.Silent",
    "events.segment_conditions.starts.FirstOrder",
    "events.segment_conditions.starts.BigSpender",
    "customers.segments.starts.BirthdayThisWeek",
    "campaigns.segment_starts.CouponRunsOut",
    "campaigns.segment_starts.OpensNothing",
]
# Who uses a segment, a tag, a batch: each is asked with the model and the numbers of its rows (customers/uses.py).
CRM_USES = ["customers.uses.by_segments", "customers.uses.by_tags", "campaigns.uses.by_marketing"]
# What each room does once a backup is back and nobody sees it yet: called with taken_at and now, in this order.
CRM_AFTER_RESTORE = [
    "customers.data_rights.erased_again.erase_again",
    "customers.identity.merging.forget_transactions",
    "events.cursor.forget_transactions",
    "campaigns.restored.hold",
]
# What `manage.py normalise` goes through (customers/identity/normalising.py).
CRM_NORMALISERS = [
    "customers.identity.normalising.OfIdentities",
    "customers.identity.normalising.OfClaims",
    "customers.identity.normalising.OfAttributes",
    "customers.identity.normalising.OfAttributeChanges",
    "events.privacy.normalising.OfEvents",
]
# What each room adds to the copy of all that is held about a customer (customers/data_rights/exporting.py).
CRM_EXPORTS = ["customers.data_rights.exporting.OfCustomers", "events.privacy.exporting.OfOrders", "campaigns.privacy.exporting.OfSending"]
# What each room keeps of somebody who is forgotten, and where else something may lie (customers/data_rights/erasing.py).
CRM_ERASERS = [
    "campaigns.privacy.erasing.Accounts",
    "events.privacy.erasing.Books",
    "customers.data_rights.erasing.OfCustomers",
    "integrations.privacy.erasing.Outside",
]
# How long each kind of data is kept, and what it is (customers/data_rights/retention/base.py), in the order of the list of personal data.
CRM_RETENTION = [
    "customers.data_rights.retention.kinds.People",
    "customers.data_rights.retention.kinds.Identities",
    "customers.data_rights.retention.kinds.Attributes",
    "customers.data_rights.retention.kinds.AttributeHistory",
    "customers.data_rights.retention.kinds.Tags",
    "customers.data_rights.retention.kinds.TagHistory",
    "customers.data_rights.retention.kinds.Transitions",
    "customers.data_rights.retention.kinds.Consents",
    "customers.data_rights.retention.people.Visitors",
    "customers.data_rights.retention.people.Provisional",
    "events.privacy.retention.Events",
    "events.privacy.retention.OddEvents",
    "events.privacy.retention.StuckReactions",
    "events.privacy.retention.Orders",
    "events.privacy.retention.Refunds",
    "events.privacy.retention.Bookings",
    "events.privacy.retention.Measurements",
    "events.privacy.retention.Conclusions",
    "events.privacy.retention.StageHistory",
    "campaigns.privacy.retention.Messages",
    "campaigns.privacy.retention.MessageContents",
    "campaigns.privacy.retention.Refusals",
    "campaigns.privacy.retention.Coupons",
    "campaigns.privacy.retention.RunDetails",
    "campaigns.privacy.retention.RunSteps",
    "campaigns.privacy.retention.Assignments",
    "campaigns.privacy.retention.Links",
    "customers.data_rights.retention.kinds.Notes",
    "customers.data_rights.retention.kinds.Tasks",
    "customers.data_rights.retention.kinds.Conflicts",
    "customers.data_rights.retention.kinds.Erasures",
    "customers.data_rights.retention.kinds.Marks",
    "customers.data_rights.retention.kinds.Copies",
    "customers.data_rights.retention.kinds.Acts",
    "customers.data_rights.retention.kinds.TagJobs",
    "customers.data_rights.retention.kinds.Audit",
    "customers.data_rights.retention.kinds.AdminLog",
    "customers.data_rights.retention.kinds.Logins",
    "customers.data_rights.retention.kinds.Sessions",
    "customers.data_rights.retention.kinds.Staff",
    "integrations.privacy.retention.Quarantined",
    "integrations.privacy.retention.SpoolLeftovers",
    "integrations.privacy.retention.Mailbox",
    "events.privacy.retention.Ledger",
]
CRM_JOURNEY_TRIGGERS = [
    "campaigns.journeys.triggers.OnEvent",
    "campaigns.journeys.triggers.OnAbsence",
    "campaigns.journeys.triggers.OnSegment",
    "campaigns.journeys.triggers.OnSchedule",
]
CRM_JOURNEY_STEPS = [
    "campaigns.journeys.steps.wait.Wait",
    "campaigns.journeys.steps.branch.Branch",
    "campaigns.journeys.steps.issue_coupon.IssueCoupon",
    "campaigns.journeys.steps.send_message.SendMessage",
    "campaigns.journeys.steps.add_tag.AddTag",
    "campaigns.journeys.steps.remove_tag.RemoveTag",
]
# Events that campaigns/automation.py looks at whether or not a journey waits for them.
CRM_WATCHED_EVENTS = ["Message Delivered", "Message Opened", "Message Clicked", "Message Bounced", "Message Failed"]
CRM_WATCHED_EVENTS += ["Order Cancelled", "Order Refunded"]
CRM_PROFILE_PANELS = [
    "events.profile.panels.Figures",
    "customers.profile.panels.Tags",
    "customers.profile.panels.FollowUps",
    "customers.profile.panels.Notes",
    "events.profile.panels.Standing",
    "events.profile.panels.Interests",
    "events.profile.panels.Habits",
    "customers.profile.panels.Attributes",
    "campaigns.profile.panels.Consents",
    "events.profile.panels.Orders",
    "events.profile.panels.Bookings",
    "events.profile.panels.Measurements",
    "campaigns.profile.panels.Messages",
    "campaigns.profile.panels.Coupons",
    "campaigns.profile.panels.Runs",
    "customers.profile.panels.Segments",
    "customers.profile.panels.Identities",
    "customers.profile.panels.Merges",
]
# What staff do from a customer's page, in the order of its buttons.
CRM_PROFILE_ACTIONS = [
    "customers.profile.profile_actions.WriteNote",
    "customers.profile.profile_actions.PlanFollowUp",
    "customers.profile.profile_actions.PutOnTag",
    "customers.profile.profile_actions.RemoveNote",
    "customers.profile.profile_actions.FinishFollowUp",
    "campaigns.profile.profile_actions.SendMessage",
    "campaigns.profile.profile_actions.IssueCoupon",
    "campaigns.profile.profile_actions.StartJourney",
    "customers.profile.profile_actions.MergeWith",
    "customers.profile.profile_actions.ExportEverything",
    "customers.profile.profile_actions.Erase",
]

# By what customers are found.
CRM_FINDERS = [
    "customers.profile.finders.ByName",
    "customers.profile.finders.ByIdentity",
    "customers.profile.finders.ByLastDigits",
    "events.profile.finders.ByOrder",
    "events.profile.finders.ByBooking",
    "campaigns.profile.finders.ByCoupon",
]
# The sources of a customer's story (customers/profile/timeline.py); at one moment, what stands lower here is shown above.
CRM_TIMELINE = [
    "customers.profile.timeline_sources.Attributes",
    "campaigns.profile.timeline_sources.Consents",
    "customers.profile.timeline_sources.Tags",
    "customers.profile.timeline_sources.Segments",
    "customers.profile.timeline_sources.Merges",
    "events.profile.timeline_sources.Stages",
    "events.profile.timeline_sources.Events",
    "events.profile.timeline_sources.Orders",
    "events.profile.timeline_sources.Refunds",
    "events.profile.timeline_sources.Bookings",
    "events.profile.timeline_sources.Measurements",
    "campaigns.profile.timeline_sources.Runs",
    "campaigns.profile.timeline_sources.Coupons",
    "campaigns.profile.timeline_sources.Messages",
    "customers.profile.timeline_sources.Notes",
    "customers.profile.timeline_sources.FollowUps",
]

# --- sending
SENDERS = env.int("HUTONG_SENDERS", default=2)  # processes that carry messages at once, over all workers

# The address under which the world reaches us: links in letters begin with it.
PUBLIC_URL = env.str("HUTONG_PUBLIC_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
MAIL, MAIL_FROM = mail.server(os.environ.get("EMAIL_URL") or _home.get("EMAIL_URL", "")), env.str("HUTONG_MAIL_FROM", default="")
MAILBOX = HUTONG_DATA / "mailbox"  # where the demo's local mail server keeps what it was given
if not MAIL_FROM and _home.get("EMAIL_URL"):
    MAIL_FROM = "Hutong <hutong@localhost.localdomain>"

# --- segments
SEGMENT_SHARDS = env.int("HUTONG_SEGMENT_SHARDS", default=1)  # evaluators at once, over all workers: 1, 2, 3, 4, 6 or 12
if SEGMENT_SHARDS not in (1, 2, 3, 4, 6, 12):
    raise ImproperlyConfigured("HUTONG_SEGMENT_SHARDS is one of 1, 2, 3, 4, 6, 12: how many evaluators share the customers.")

# --- health
HEALTH_TOKEN = env.str("HUTONG_HEALTH_TOKEN", default="")  # who has it is an operator; without one whoever asks on this machine

# --- API
# What a sender may add: event names in all, and from one address a day; new customers in an hour, and from one address. Carriers put thousands
# of phones behind one address.
NEW_NAMES = {"client": env.int("HUTONG_NEW_NAMES", default=1000), "server": 20_000}
NEW_NAMES_PER_ADDRESS = env.int("HUTONG_NEW_NAMES_PER_ADDRESS", default=200)
NEW_CUSTOMERS_PER_HOUR = {"client": env.int("HUTONG_NEW_CUSTOMERS_PER_HOUR", default=60_000), "server": 5_000_000}
NEW_CUSTOMERS_PER_ADDRESS = env.int("HUTONG_NEW_CUSTOMERS_PER_ADDRESS", default=3000)
INTAKE_REQUESTS_PER_SECOND = env.int("HUTONG_INTAKE_REQUESTS_PER_SECOND", default=2000)  # per source; more is told 429
SPOOL_BYTES = env.int("HUTONG_SPOOL_BYTES", default=1 << 30)  # of requests that wait for the database, on this machine's disk
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
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "integrations.openapi.schema.complete"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- admin
UNFOLD = theme.UNFOLD

# --- logs: JSON lines on stdout
LOGGING = logs.configure(level=env.str("LOG_LEVEL", default="INFO"))
