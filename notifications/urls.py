"""The addresses of notifications; the installation puts them at its root."""

from django.urls import path

from notifications.views import unsubscribe

app_name = "notifications"

urlpatterns = [
    path("unsubscribe/<str:key>/", unsubscribe.unsubscribe, name="unsubscribe"),
]
