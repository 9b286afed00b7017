"""Every address of the installation."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config import health
from config.api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("", include("atlas.urls")),
    path("", include("driving.urls")),
    path("", include("feedback.urls")),
    path("", include("notifications.urls")),
    path("", include("tracking.urls")),
    path("admin/", include("desk.urls")),
    path("admin/", admin.site.urls),
    path("health/live", health.alive, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
]
