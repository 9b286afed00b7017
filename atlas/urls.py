"""The addresses of the map."""

from django.urls import path

from atlas import views

app_name = "atlas"
urlpatterns = [
    path("tiles/<int:zoom>/<int:column>/<int:row>.svg", views.tile, name="tile"),
]
