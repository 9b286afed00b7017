from importlib import import_module

from django.apps import AppConfig


class AtlasConfig(AppConfig):
    """The map area, as Django knows it: commands and checks, no models."""

    name = "atlas"

    def ready(self) -> None:
        import_module("atlas.checks")
