from importlib import import_module

from django.apps import AppConfig


class CarriersConfig(AppConfig):
    """Carriers, as Django knows them."""

    name = "carriers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("carriers.checks")
        import_module("carriers.receivers")
        import_module("carriers.services.crowd.texting").register()
        import_module("carriers.services.crowd.offering").register()
