"""The addresses of notifications; the installation puts them at its root."""

from django.urls import path

from notifications.views import push, unsubscribe

app_name = "notifications"

urlpatterns = [
    path("t/<str:token>/push/", push.subscription, name="push"),
    path("service-worker.js", push.service_worker, name="service_worker"),
    path("unsubscribe/<str:key>/", unsubscribe.unsubscribe, name="unsubscribe"),
]
