"""The addresses of the desk; the installation puts them before the admin site's own, at the same place."""

from django.urls import path

from desk.views import attention, second_factor

app_name = "desk"

urlpatterns = [
    path("desk/attention/", attention.show, name="attention"),
    path("second-factor/", second_factor.show, name="second_factor"),
    path("enrol/", second_factor.enrol, name="enrol"),
]
