from django.apps import AppConfig


class AtlasConfig(AppConfig):
    """The map area, as Django knows it: commands and checks, no models."""

    name = "atlas"
