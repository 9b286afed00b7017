import atexit
from importlib import import_module

from django.apps import AppConfig
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper


class ConfigConfig(AppConfig):
    """The installation, as Django knows it: its system checks, and the end of its pool of connections."""

    name = "config"

    def ready(self) -> None:
        import_module("config.checks")
        database = connections["default"]
        if isinstance(database, DatabaseWrapper):
            # Left to itself the pool tries to end its threads when none can be ended any more, and waits for that.
            atexit.register(database.close_pool)
