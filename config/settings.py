"""Django's settings for every kind of process; what differs between installations comes from ``config.env``."""

from typing import Any

import dj_database_url
from celery.schedules import crontab
from kombu import Queue
from xstatic.pkg import leaflet

from config import log, mail, policy
from config.env import ROOT, VAR, Environment

env = Environment.read()

DEBUG = env.debug
SECRET_KEY = env.secret_key
ALLOWED_HOSTS = env.allowed_hosts
BASE_URL = env.base_url
REDIS_URL = env.redis_url
MAP_AREAS = env.map_area
MAP_TILE_URL = env.map_tile_url
OSRM_URL = env.osrm_url
WEATHER_FILE = env.weather_file
WEATHER_URL = env.weather_url
ELECTRICITY_KG_CO2E = env.electricity_kg_co2e
CARBON_PRICE = env.carbon_price
CURRENCY = env.currency
SPEED = env.speed
SOCKETS_PER_ADDRESS = env.sockets_per_address
SOCKETS_PER_LINK = env.sockets_per_link
POSITION_DAYS = env.position_days
SHARING_ENDS = env.sharing_ends
DISPATCH_PHONE = env.dispatch_phone
API_REQUESTS_A_MINUTE = env.api_requests_a_minute
WEBHOOKS_TO_PRIVATE_ADDRESSES = env.webhooks_to_private_addresses
CARRIER_DROP_FOLDER = env.carrier_drop_folder

TWILIO_ACCOUNT_SID = env.twilio_account_sid
TWILIO_AUTH_TOKEN = env.twilio_auth_token
TWILIO_FROM = env.twilio_from
TWILIO_MESSAGING_SERVICE_SID = env.twilio_messaging_service_sid
TWILIO_WHATSAPP_FROM = env.twilio_whatsapp_from
TWILIO_API_BASE = env.twilio_api_base
TWILIO_SEGMENTS_PER_SECOND = env.twilio_segments_per_second
TWILIO_BACKUP_ACCOUNT_SID = env.twilio_backup_account_sid
TWILIO_BACKUP_AUTH_TOKEN = env.twilio_backup_auth_token
TWILIO_BACKUP_FROM = env.twilio_backup_from
TWILIO_BACKUP_API_BASE = env.twilio_backup_api_base
PHONE_REGION = env.phone_region
SMS_COUNTRIES = env.sms_countries
TEXTS_AN_HOUR = env.texts_an_hour
SMS_SEGMENT_PRICE = env.sms_segment_price
EMAIL_URL = env.email_url
EMAIL_FROM = env.email_from
EMAIL_WEBHOOK_SECRET = env.email_webhook_secret
VAPID_PRIVATE_KEY = env.vapid_private_key
VAPID_CONTACT = env.vapid_contact
RECEIPT_SIGNING_KEY = env.receipt_signing_key
RECEIPT_FONTS = env.receipt_fonts

INSTALLED_APPS = [
    "config",
    "demo",
    "desk",
    "feedback",
    "carriers",
    "dispatch",
    "driving",
    "notifications",
    "tracking",
    "atlas",
    "anymail",
    "csp",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "servestatic",
    "desk.apps.DeskAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "config.middleware.SecurityMiddleware",
    "config.middleware.CSPMiddleware",
    "config.middleware.XFrameOptionsMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "config.middleware.GZipMiddleware",
    "config.middleware.SessionMiddleware",
    "config.middleware.LocaleMiddleware",
    "config.middleware.CommonMiddleware",
    "config.middleware.CsrfViewMiddleware",
    "config.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "config.middleware.MessageMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
AUTHENTICATION_BACKENDS = ["desk.access.RoleBackend"]
OTP_TOTP_ISSUER = "Doorstep"
OTP_ADMIN_HIDE_SENSITIVE_DATA = True
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

_MAIL = mail.read(EMAIL_URL, webhook_secret=EMAIL_WEBHOOK_SECRET)
EMAIL_BACKEND = _MAIL.backend
EMAIL_HOST = _MAIL.host
EMAIL_PORT = _MAIL.port
EMAIL_HOST_USER = _MAIL.user
EMAIL_HOST_PASSWORD = _MAIL.password
EMAIL_USE_TLS = _MAIL.use_tls
EMAIL_USE_SSL = _MAIL.use_ssl
EMAIL_TIMEOUT = mail.CONNECT_SECONDS
ANYMAIL = _MAIL.anymail
if EMAIL_FROM:
    DEFAULT_FROM_EMAIL = SERVER_EMAIL = EMAIL_FROM

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES: dict[str, Any] = {"default": dj_database_url.parse(env.database_url)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Without IMMEDIATE a transaction takes its lock only when it first writes, after it has judged what it read.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
    }
else:
    # Asked before each use: the pool would hand out the connections that a restarted server has forgotten.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # By default the pool tries ever more rarely, so that minutes after a long outage pages would still be refused.
    pool = {"min_size": 1, "max_size": 10, "timeout": 5, "reconnect_timeout": 1}
    DATABASES["default"].setdefault("OPTIONS", {}).update({"connect_timeout": 3, "pool": pool})

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [ROOT / "locale"]
TIME_ZONE = "UTC"

MEDIA_ROOT = env.media_root
STATIC_URL = "/static/"
STATIC_ROOT = env.static_root
STATICFILES_DIRS = [ROOT / "static", ("leaflet", leaflet.BASE_DIR)]
_STATIC_FILES = "django.contrib.staticfiles.storage.StaticFilesStorage"
_COLLECTED_FILES = "servestatic.storage.CompressedManifestStaticFilesStorage"
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": env.media_storage, "OPTIONS": env.media_storage_options},
    "staticfiles": {"BACKEND": _STATIC_FILES if DEBUG else _COLLECTED_FILES},
}
SERVESTATIC_ALLOW_ALL_ORIGINS = False
# Brotli would save a tenth of the bytes and take ten times as long, at every start of the demo.
SERVESTATIC_USE_BROTLI = False
SERVESTATIC_USE_ZSTD = False

# What needs HTTPS follows from whether the installation's own address has it.
IS_SECURE = BASE_URL.startswith("https://")
SECURE_SSL_REDIRECT = IS_SECURE
SECURE_REDIRECT_EXEMPT = [r"^health/"]
# For this host alone: whether others below it have HTTPS is for their owner to say.
SECURE_HSTS_SECONDS = 31_536_000 if IS_SECURE else 0
# Not "no-referrer": a browser would then send our own forms with "Origin: null", and the CSRF check refuses that.
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {"DIRECTIVES": policy.content_security(BASE_URL, MAP_TILE_URL)}
CSRF_TRUSTED_ORIGINS = [BASE_URL]
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = IS_SECURE
CSRF_COOKIE_NAME = "__Host-csrftoken" if IS_SECURE else "csrftoken"
SESSION_COOKIE_NAME = "__Host-sessionid" if IS_SECURE else "sessionid"
SESSION_COOKIE_AGE = 12 * 60 * 60
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
# Django looks for its own middleware by name; ours are the same ones, see config.middleware and its tests.
SILENCED_SYSTEM_CHECKS = ["security.W001", "security.W002", "security.W003"]

# The broker is never the record of what must be done: what a lost task should have done, a sweep finds.
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_keepalive": True,
    "health_check_interval": 10,
    # As long as a request waits for a Redis that hangs; one that is gone is not waited for.
    "socket_timeout": 2,
    "socket_connect_timeout": 2,
}
# A worker takes from each queue in turn: however many nudges wait, what is due is sent, and what was missed is found.
CELERY_TASK_QUEUES = [Queue(name) for name in ("celery", "sweeps", "sending", "reading")]
CELERY_TASK_ROUTES = {
    "*.tasks.sweep_*": {"queue": "sweeps"},
    "notifications.tasks.drain": {"queue": "sending"},
    "notifications.tasks.deliver_news": {"queue": "sending"},
    "carriers.tasks.call_partners": {"queue": "sending"},
    "carriers.tasks.read_letters": {"queue": "reading"},
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 0}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 60
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Each worker has a queue of its own besides, by which it writes to itself; see config.hearing.
CELERY_WORKER_DIRECT = True
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "flush-breadcrumbs": {
        "task": "tracking.tasks.flush_breadcrumbs",
        "schedule": 2.0,
        "options": {"expires": 10},
    },
    "sweep-estimates": {
        "task": "tracking.tasks.sweep_estimates",
        "schedule": 5.0,
        "options": {"expires": 60},
    },
    "sweep-events": {
        "task": "notifications.tasks.sweep_events",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "sweep-road": {
        "task": "notifications.tasks.sweep_road",
        "schedule": 10.0,
        "options": {"expires": 20},
    },
    "sweep-calendar": {
        "task": "notifications.tasks.sweep_calendar",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "sweep-news": {
        "task": "notifications.tasks.sweep_news",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "forget-news": {
        "task": "notifications.tasks.forget_news",
        "schedule": crontab(hour=3, minute=41),
        "options": {"expires": 6 * 60 * 60},
    },
    "sweep-outbox": {
        "task": "notifications.tasks.sweep_outbox",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "sweep-deliveries": {
        "task": "feedback.tasks.sweep_deliveries",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "ask-by-sms": {
        "task": "feedback.tasks.ask_by_sms",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "sweep-messages": {
        "task": "feedback.tasks.sweep_messages",
        "schedule": 10.0,
        "options": {"expires": 20},
    },
    "sweep-attempts": {
        "task": "feedback.tasks.sweep_attempts",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "sweep-answers": {
        "task": "feedback.tasks.sweep_answers",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "sweep-plans": {
        "task": "dispatch.tasks.sweep_plans",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "learn": {
        "task": "feedback.tasks.learn",
        "schedule": crontab(hour=2, minute=47),
        "options": {"expires": 6 * 60 * 60},
    },
    "sweep-offers": {
        "task": "dispatch.tasks.sweep_offers",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "sweep-collections": {
        "task": "dispatch.tasks.sweep_collections",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "forget-quotes": {
        "task": "dispatch.tasks.forget_quotes",
        "schedule": crontab(hour=3, minute=32),
        "options": {"expires": 6 * 60 * 60},
    },
    "count-slots": {
        "task": "dispatch.tasks.count_slots",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 10 * 60},
    },
    "learn-forecasts": {
        "task": "dispatch.tasks.learn_forecasts",
        "schedule": crontab(minute="*/5"),
        "options": {"expires": 5 * 60},
    },
    "forget-forecasts": {
        "task": "dispatch.tasks.forget_forecasts",
        "schedule": crontab(hour=3, minute=41),
        "options": {"expires": 6 * 60 * 60},
    },
    "sweep-letters": {
        "task": "carriers.tasks.sweep_letters",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "sweep-polls": {
        "task": "carriers.tasks.sweep_polls",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "sweep-folders": {
        "task": "carriers.tasks.sweep_folders",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "sweep-strays": {
        "task": "carriers.tasks.sweep_strays",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "sweep-silence": {
        "task": "carriers.tasks.sweep_silence",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 10 * 60},
    },
    "forget-letters": {
        "task": "carriers.tasks.forget_letters",
        "schedule": crontab(hour=3, minute=48),
        "options": {"expires": 6 * 60 * 60},
    },
    "sweep-bookings": {
        "task": "carriers.tasks.sweep_bookings",
        "schedule": 10.0,
        "options": {"expires": 20},
    },
    "sweep-crowds": {
        "task": "carriers.tasks.sweep_crowds",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "sweep-choices": {
        "task": "carriers.tasks.sweep_choices",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "sweep-floors": {
        "task": "carriers.tasks.sweep_floors",
        "schedule": crontab(minute=52),
        "options": {"expires": 30 * 60},
    },
    "sweep-imports": {
        "task": "desk.tasks.sweep_imports",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "sweep-shifts": {
        "task": "driving.tasks.sweep_shifts",
        "schedule": 15.0,
        "options": {"expires": 15},
    },
    "hear-weather": {
        "task": "dispatch.tasks.hear_weather",
        "schedule": crontab(minute=7),
        "options": {"expires": 30 * 60},
    },
    "learn-habits": {
        "task": "dispatch.tasks.learn_habits",
        "schedule": crontab(hour=3, minute=2),
        "options": {"expires": 6 * 60 * 60},
    },
    "forget-answers": {
        "task": "tracking.tasks.forget_answers",
        "schedule": crontab(minute=23),
        "options": {"expires": 30 * 60},
    },
    "purge-positions": {
        "task": "tracking.tasks.purge_positions",
        "schedule": crontab(hour=3, minute=17),
        "options": {"expires": 6 * 60 * 60},
    },
}

LOGGING = log.configuration(is_for_people=DEBUG)
