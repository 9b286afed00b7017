"""The settings under test: the installation's own, with values no test may depend on the machine for."""

from config.settings import *

SECRET_KEY = "only-for-tests"
CELERY_BROKER_URL = "memory://"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
