from django.apps import AppConfig


class DrivingConfig(AppConfig):
    """The driver's page, as Django knows it."""

    name = "driving"
    default_auto_field = "django.db.models.BigAutoField"
