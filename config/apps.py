from importlib import import_module

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The installation, as Django knows it: its system checks."""

    name = "config"

    def ready(self) -> None:
        import_module("config.checks")
