"""Settings, all from the environment: every variable stands with a comment in ``.env.example``."""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from linzhu.environment import local_secret_key, parse_quiet_hours, parse_templates
from linzhu.logs import logging_of

_checkout = Path(__file__).resolve().parent.parent
_in_checkout = (_checkout / "manage.py").is_file()
# Templates, static files and translations lie at the checkout's top; in an installed wheel, inside the package.
DATA_DIR = _checkout if _in_checkout else Path(__file__).resolve().parent / "_data"
# What belongs to this place and not to the code: .env and var/. A wheel keeps them where it is started.
BASE_DIR = _checkout if _in_checkout else Path.cwd()

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))

# --- Which kind of place is this? ---------------------------------------------------------------------------------
# The local gateway shows every phone in the browser: whoever configures a real gateway runs in production.
SMS_GATEWAY: str = env.str("SMS_GATEWAY", default="local")
SMS_GATEWAY_FALLBACK: str = env.str("SMS_GATEWAY_FALLBACK", default="")
PRODUCTION = SMS_GATEWAY != "local"
DEBUG = env.bool("DEBUG", default=False)

PUBLIC_BASE_URL: str = env.str("PUBLIC_BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
HTTPS = PUBLIC_BASE_URL.startswith("https://")
ALLOWED_HOSTS: list[str] = env.list(
    "ALLOWED_HOSTS", default=[environ.urlparse(PUBLIC_BASE_URL).hostname or "127.0.0.1", "127.0.0.1", "localhost"]
)
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL]

SECRET_KEY_FROM_ENVIRONMENT = "SECRET_KEY" in env.ENVIRON
SECRET_KEY: str = env.str("SECRET_KEY", default="") or local_secret_key(VAR_DIR / "secret-key")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])

# --- Texting ------------------------------------------------------------------------------------------------------
TWILIO_ACCOUNT_SID: str = env.str("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN: str = env.str("TWILIO_AUTH_TOKEN", default="")
TWILIO_FROM: str = env.str("TWILIO_FROM", default="")
TWILIO_MESSAGING_SERVICE_SID: str = env.str("TWILIO_MESSAGING_SERVICE_SID", default="")
TWILIO2_ACCOUNT_SID: str = env.str("TWILIO2_ACCOUNT_SID", default="")
TWILIO2_AUTH_TOKEN: str = env.str("TWILIO2_AUTH_TOKEN", default="")
TWILIO2_FROM: str = env.str("TWILIO2_FROM", default="")
TWILIO2_MESSAGING_SERVICE_SID: str = env.str("TWILIO2_MESSAGING_SERVICE_SID", default="")
TWILIO_API_URL: str = env.str("TWILIO_API_URL", default="https://api.twilio.com").rstrip("/")
TWILIO2_API_URL: str = env.str("TWILIO2_API_URL", default=TWILIO_API_URL).rstrip("/")
TWILIO_TIMEOUT_S = env.int("TWILIO_TIMEOUT_S", default=10)
ALIYUN_ACCESS_KEY_ID: str = env.str("ALIYUN_ACCESS_KEY_ID", default="")
ALIYUN_ACCESS_KEY_SECRET: str = env.str("ALIYUN_ACCESS_KEY_SECRET", default="")
ALIYUN_SIGN_NAME: str = env.str("ALIYUN_SIGN_NAME", default="")
ALIYUN_TEMPLATES = parse_templates(env.str("ALIYUN_TEMPLATES", default=""))
ALIYUN_WEBHOOK_SECRET: str = env.str("ALIYUN_WEBHOOK_SECRET", default="")
ALIYUN_WEBHOOK_ADDRESSES: list[str] = env.list("ALIYUN_WEBHOOK_ADDRESSES", default=[])
ALIYUN_TWO_WAY = env.bool("ALIYUN_TWO_WAY", default=False)
ALIYUN_EXTEND_CODE: str = env.str("ALIYUN_EXTEND_CODE", default="")
ALIYUN_API_URL: str = env.str("ALIYUN_API_URL", default="https://dysmsapi.aliyuncs.com").rstrip("/")
ALIYUN_TIMEOUT_S = env.int("ALIYUN_TIMEOUT_S", default=10)
SMS_SIGNATURE: str = env.str("SMS_SIGNATURE", default="邻助")
PHONE_REGION: str = env.str("PHONE_REGION", default="CN")
SMS_RATE = env.float("SMS_RATE", default=10)
SMS_COUNTRIES: list[str] = env.list("SMS_COUNTRIES", default=[])
SMS_CAP_NUMBER = env.int("SMS_CAP_NUMBER", default=30)
SMS_CAP_COMMUNITY = env.int("SMS_CAP_COMMUNITY", default=2000)
SMS_CAP_ALL = env.int("SMS_CAP_ALL", default=10000)
SMS_PRICE_FEN = env.float("SMS_PRICE_FEN", default=0)
SMS_SELF_TEST_NUMBER: str = env.str("SMS_SELF_TEST_NUMBER", default="")
# Who carries calls to elders and the hotline: twilio, local (the Phones page), or nobody.
VOICE_GATEWAY: str = env.str("VOICE_GATEWAY", default="")
VOICE_FROM: str = env.str("VOICE_FROM", default="")
PHONE_AREA_CODE: str = env.str("PHONE_AREA_CODE", default="022")
HELP_PHONE: str = env.str("HELP_PHONE", default="")

# --- Dispatch -----------------------------------------------------------------------------------------------------
QUIET_HOURS = parse_quiet_hours(env.str("QUIET_HOURS", default="21:00-07:30"))
WAVE_SECONDS = env.int("WAVE_SECONDS", default=900)
WAVE_SIZE = env.int("WAVE_SIZE", default=10)
FURTHEST_M = env.int("FURTHEST_M", default=8000)
WEEKLY_TEXT_CAP = env.int("WEEKLY_TEXT_CAP", default=7)
ROLL_CALL_ANSWER_MIN = env.int("ROLL_CALL_ANSWER_MIN", default=15)
ROLL_CALL_STAFF_MIN = env.int("ROLL_CALL_STAFF_MIN", default=30)

# --- Applications -------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "linzhu.apps.LinzhuConfig",
    "linzhu.communities.apps.CommunitiesConfig",
    "linzhu.requests.apps.RequestsConfig",
    "linzhu.volunteers.apps.VolunteersConfig",
    "linzhu.notifications.apps.NotificationsConfig",
    "linzhu.dispatch.apps.DispatchConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "channels",
    "csp",
    "django_filters",
    "django_htmx",
    "django_q",
    "ninja",
    "simple_history",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "linzhu.communities.browser_rights.BrowserRightsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "linzhu.urls"
ASGI_APPLICATION = "linzhu.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [DATA_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "linzhu.dispatch.context.console",
            ],
            "builtins": ["linzhu.communities.templatetags.linzhu"],
        },
    },
]

# --- Data ---------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'linzhu.sqlite3'}")}
SQLITE = DATABASES["default"]["ENGINE"].endswith("sqlite3")
if SQLITE:
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    # With SQLite's own defaults more than half of concurrent writes fail; with these none did (docs/decisions/0003).
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    # A file also for tests: threads race on it, and the live server of Channels refuses an in-memory database.
    DATABASES["default"]["TEST"] = {"NAME": env.str("TEST_SQLITE_FILE", default=str(VAR_DIR / "test.sqlite3"))}
elif env.bool("DATABASE_POOL", default=False):
    # Web processes only: a pool does not survive the fork of the queue's workers.
    DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 2, "max_size": env.int("DATABASE_POOL_MAX", default=10)}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL: str = env.str("REDIS_URL", default="")
if REDIS_URL:
    _redis_layer = "channels_redis.pubsub.RedisPubSubChannelLayer"
    CHANNEL_LAYERS = {"default": {"BACKEND": _redis_layer, "CONFIG": {"hosts": [REDIS_URL], "prefix": "linzhu"}}}
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
else:
    # One layer for each process, fed by the tail of LiveEvent rows (dispatch/live.py).
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 1000}}}
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# The ORM broker always: with Redis as the broker a killed cluster lost one task in six for ever (docs/decisions/0004).
Q_CLUSTER = {
    "name": "linzhu",
    "orm": "default",
    "workers": env.int("QUEUE_WORKERS", default=2),
    "poll": 0.2,
    "timeout": 60,
    "retry": 120,
    "max_attempts": 5,
    "catch_up": False,
    "save_limit": -1,  # keep no results: what happened is in our own rows
    "ack_failures": True,
    "label": "Queue",
}

# --- People who sign in -------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "communities.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "linzhu.communities.accounts.StaffAdapter"
ACCOUNT_FORMS = {"login": "linzhu.communities.sign_in_form.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# Wrong passwords: axes counts them by account *and* address, as an office shares one address. Wrong codes: by account.
ACCOUNT_RATE_LIMITS = {"login_failed": "5/5m/key", "reauthenticate": "10/m/user", "login": None, "signup": None}
STAFF_TOTP = env.bool("STAFF_TOTP", default=PRODUCTION)
MFA_ADAPTER = "linzhu.communities.second_factor.SecondFactorAdapter"
MFA_TOTP_ISSUER = "Linzhu"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_RECOVERY_CODES_SHOW_ONCE = True
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_VERBOSE = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "linzhu.communities.passwords.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- Security -----------------------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-linzhu" if HTTPS else "linzhu"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrftoken"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = env.int("SESSION_HOURS", default=12) * 3600
IDLE_MINUTES = env.int("IDLE_MINUTES", default=15)
OWN_DEVICES = env.bool("OWN_DEVICES", default=False)
CSRF_FAILURE_VIEW = "linzhu.views.csrf_failure"
SECURE_SSL_REDIRECT = HTTPS and env.bool("SSL_REDIRECT", default=True)
if env.bool("BEHIND_TLS_PROXY", default=True) and HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        **{f"{kind}-src": [SELF] for kind in ("script", "style", "font", "connect", "manifest")},
        **{name: [NONE] for name in ("default-src", "frame-ancestors", "base-uri")},
        "form-action": [SELF],
        "img-src": [SELF, "data:"],
    }
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# --- Language, time, files ----------------------------------------------------------------------------------------
LANGUAGE_CODE: str = env.str("LANGUAGE_CODE", default="zh-hans")
LANGUAGES = [("zh-hans", _("Chinese (Simplified)")), ("en", _("English"))]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LOCALE_PATHS = [DATA_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE: str = env.str("TIME_ZONE", default="Asia/Shanghai")

STATIC_URL = "static/"
STATICFILES_DIRS = [DATA_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not PRODUCTION  # a checkout: files may change under the server
if WHITENOISE_USE_FINDERS:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # nothing is collected; whitenoise warns of a missing folder
MEDIA_ROOT = VAR_DIR / "media"

# --- The rest -----------------------------------------------------------------------------------------------------
LOGGING = logging_of(env.str("LOG_LEVEL", default="INFO"))
SIMPLE_HISTORY_ENABLED = True
SILENCED_SYSTEM_CHECKS = ["axes.W006"]
