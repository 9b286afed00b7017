"""The addresses of the driver's page; the installation puts them at its root."""

from django.urls import path

from driving.views import actions, page, positions, shell

app_name = "driving"

urlpatterns = [
    path("drive/worker.js", shell.worker, name="worker"),
    path("drive/<str:token>/", page.page, name="page"),
    path("drive/<str:token>/device/", page.begin_here, name="begin"),
    path("drive/<str:token>/actions/", actions.receive, name="actions"),
    path("drive/<str:token>/positions/", positions.receive, name="positions"),
    path("drive/<str:token>/places/<int:shipment_id>/", page.place, name="place"),
    path("drive/<str:token>/manifest.webmanifest", shell.manifest, name="manifest"),
]
