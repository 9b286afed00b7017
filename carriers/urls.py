"""The addresses of carriers."""

from django.urls import URLPattern, URLResolver, path

from carriers.views import hooks

urlpatterns: list[URLPattern | URLResolver] = [
    path("hooks/carriers/<slug:slug>/", hooks.receive, name="carrier_hook"),
]
