from importlib import import_module

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    """The centre of Doorstep, as Django knows it."""

    name = "tracking"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("tracking.checks")
        import_module("tracking.receivers")
