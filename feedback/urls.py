"""The addresses of feedback; the installation puts them at its root."""

from django.urls import path

from feedback.views import survey

app_name = "feedback"

urlpatterns = [
    path("t/<str:token>/feedback/", survey.survey, name="survey"),
    path("t/<str:token>/feedback/stars/", survey.rate, name="rate"),
    path("t/<str:token>/feedback/more/", survey.elaborate, name="elaborate"),
]
