from importlib import import_module

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Telling customers, as Django knows it."""

    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("notifications.checks")
        import_module("notifications.receivers")
