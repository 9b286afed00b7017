"""The table of what was offered by text message: which digit means what."""

from django.db import models

from notifications.models import Question


class TextedOffer(models.Model):
    """The ways that a text offered, by digit, as they were then: ``ways`` are objects with an action and a key."""

    question = models.OneToOneField(Question, on_delete=models.CASCADE, related_name="texted_offer")
    ways = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"offer by question {self.question_id}"
