"""The addresses of carriers."""

from django.urls import URLPattern, URLResolver, path

from carriers.views import couriers, hooks, offers

urlpatterns: list[URLPattern | URLResolver] = [
    path("courier/<str:token>/", couriers.show, name="crowd_courier"),
    path("courier/<str:token>/availability/", couriers.set_availability, name="crowd_availability"),
    path("hooks/carriers/<slug:slug>/", hooks.receive, name="carrier_hook"),
    path("offer/<str:token>/", offers.show, name="crowd_offer"),
    path("offer/<str:token>/accept/", offers.accept, name="crowd_accept"),
    path("offer/<str:token>/decline/", offers.decline, name="crowd_decline"),
    path("offer/<str:token>/give-back/", offers.give_back, name="crowd_give_back"),
]
