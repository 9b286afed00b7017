from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin import apps as admin


class DeskConfig(AppConfig):
    """The support desk, as Django knows it."""

    name = "desk"
    default = True
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("desk.receivers")


class DeskAdminConfig(admin.AdminConfig):
    """Django's admin, with the desk's site as the one that every app registers with."""

    default = False
    default_site = "desk.site.DeskSite"
