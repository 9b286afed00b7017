from importlib import import_module

from django.apps import AppConfig


class DispatchConfig(AppConfig):
    """Planning, as Django knows it."""

    name = "dispatch"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("dispatch.checks")
        import_module("dispatch.receivers")
        import_module("dispatch.services.carrying_out").register()
        import_module("dispatch.texting").register()
        arrivals = import_module("tracking.arrivals")
        arrivals.use(import_module("dispatch.services.forecasts").foretell)
