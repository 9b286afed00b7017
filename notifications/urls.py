"""The addresses of notifications; the installation puts them at its root."""

from django.urls import path

from notifications.views import mail, messages, push, twilio, unsubscribe

app_name = "notifications"

urlpatterns = [
    path("t/<str:token>/messages/", messages.show, name="messages"),
    path("t/<str:token>/messages/preferences/", messages.save_preferences, name="save_preferences"),
    path("t/<str:token>/messages/channel/", messages.switch_channel, name="switch_channel"),
    path("t/<str:token>/messages/phone/", messages.change_phone, name="change_phone"),
    path("t/<str:token>/messages/email/", messages.change_email, name="change_email"),
    path("t/<str:token>/push/", push.subscription, name="push"),
    path("hooks/anymail/<str:provider>/tracking/", mail.tracking, name="mail_tracking"),
    path("service-worker.js", push.service_worker, name="service_worker"),
    path("hooks/twilio/status/", twilio.status, name="twilio_status"),
    path("hooks/twilio/inbound/", twilio.inbound, name="twilio_inbound"),
    path("unsubscribe/<str:key>/", unsubscribe.unsubscribe, name="unsubscribe"),
]
