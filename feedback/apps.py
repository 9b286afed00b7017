from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    """What customers thought, as Django knows it."""

    name = "feedback"
    default_auto_field = "django.db.models.BigAutoField"
