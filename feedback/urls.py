"""The addresses of feedback; the installation puts them at its root."""

from django.urls import path

from feedback.views import case, survey

app_name = "feedback"

urlpatterns = [
    path("t/<str:token>/feedback/", survey.survey, name="survey"),
    path("t/<str:token>/feedback/stars/", survey.rate, name="rate"),
    path("t/<str:token>/case/", case.show, name="case"),
    path("t/<str:token>/case/new/", case.complain, name="complain"),
    path("t/<str:token>/case/<str:key>/", case.say, name="say"),
    path("t/<str:token>/case/photos/<str:key>/", case.photo, name="photo"),
    path("t/<str:token>/feedback/more/", survey.elaborate, name="elaborate"),
]
