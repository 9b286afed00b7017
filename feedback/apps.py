from importlib import import_module

from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    """What customers thought, as Django knows it."""

    name = "feedback"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("feedback.receivers")
        import_module("feedback.asking").register()
