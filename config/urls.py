"""Every address of the installation."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from config import health, reference
from config.api import api, refuse_unknown

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/docs", reference.show, name="api_reference"),
    path("api/v1/", refuse_unknown),
    path("api/v1/", api.urls),
    re_path(r"^api/v1/", refuse_unknown),
    path("", include("atlas.urls")),
    path("", include("carriers.urls")),
    path("", include("dispatch.urls")),
    path("", include("driving.urls")),
    path("", include("feedback.urls")),
    path("", include("notifications.urls")),
    path("", include("tracking.urls")),
    path("admin/", include("desk.urls")),
    path("admin/", admin.site.urls),
    path("health/live", health.alive, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
]
