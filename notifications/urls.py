"""The addresses of notifications; the installation puts them at its root."""

from django.urls import URLPattern

app_name = "notifications"

urlpatterns: list[URLPattern] = []
