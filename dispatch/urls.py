"""The addresses of planning's public pages; the installation puts them at its root."""

from django.urls import path

from dispatch.views import accuracy

app_name = "dispatch"

urlpatterns = [
    path("accuracy/", accuracy.show, name="accuracy"),
    path("accuracy.json", accuracy.show_json, name="accuracy_json"),
]
