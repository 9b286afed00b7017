"""The settings under test: the installation's own, with what a test must not take from the machine.

``DATABASE_URL`` and ``REDIS_URL`` are used where they are given. Where they are not, ``tests.conftest`` starts a
PostgreSQL and a Redis of its own and fills in where they are.
"""

import os
from datetime import datetime, time
from zoneinfo import ZoneInfo

from config.settings import *

SECRET_KEY = "only-for-tests"
RECEIPT_SIGNING_KEY = "only-for-tests-only-for-tests-only-for-test"
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
BASE_URL = "http://testserver"
# Hours from now, and from the noon of the tests: what a test lets happen now happens at any hour.
SHARING_ENDS = time(3) if datetime.now(ZoneInfo("Europe/Helsinki")).hour >= 9 else time(18)
# The first is quick; the second is the installation's, for users who sign in to a process of ``tests.servers``.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
CELERY_BROKER_URL = "memory://"

if "DATABASE_URL" not in os.environ:
    DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "doorstep", "USER": "postgres"}}

# Where nobody collected the static files a template names them as they are, and nobody serves them. The processes that
# ``tests.servers`` starts have the real thing.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MIDDLEWARE = [path for path in MIDDLEWARE if "servestatic" not in path]
