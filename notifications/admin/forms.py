"""What staff type on the pages of messages."""

from collections.abc import Iterator
from typing import Any, Final

from django import forms
from django.forms import BoundField

from notifications import rules
from notifications.services import by_hand
from notifications.services.policies import Terms
from notifications.triggers import NEWS, Channel, Trigger
from tracking.models import Brand

LONGEST_TEXT: Final = 1600
"""What a provider takes as one message."""

MOST_NEARNESS: Final = 5_000


class TextForm(forms.Form):
    """Something to say."""

    text = forms.CharField(max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 3}))


class AnswerForm(TextForm):
    """Something to say in the name of a brand."""

    brand = forms.ModelChoiceField(Brand.objects.order_by("name"))


class RulesForm(forms.Form):
    """What a brand tells of on each channel: a row for each kind of news, a column for each channel."""

    def __init__(self, data: Any = None, *, terms: Terms) -> None:
        super().__init__(data)
        for trigger in NEWS:
            decided = terms.decided(trigger)
            for channel in Channel:
                self.fields[_name(trigger, channel)] = _decision(trigger, channel, decided.get(channel))
            if trigger in by_hand.MEASURES:
                self.fields[trigger] = _nearness(trigger, terms)

    def rows(self) -> Iterator[tuple[str, list[BoundField], BoundField | None]]:
        """Give each kind of news with its decisions, by channel, and how near it must be where that matters."""
        for trigger in NEWS:
            nearness = self[trigger] if trigger in self.fields else None
            yield str(trigger.label), [self[_name(trigger, channel)] for channel in Channel], nearness

    @property
    def decided(self) -> dict[tuple[Trigger, Channel], bool | None]:
        return {
            (trigger, channel): self.cleaned_data[_name(trigger, channel)] for trigger in NEWS for channel in Channel
        }

    @property
    def nearness(self) -> dict[Trigger, int | None]:
        return {trigger: self.cleaned_data[trigger] for trigger in by_hand.MEASURES}


def _name(trigger: Trigger, channel: Channel) -> str:
    return f"{trigger}-{channel}"


def _decision(trigger: Trigger, channel: Channel, decided: bool | None) -> forms.Field:
    usual = "on" if rules.is_on_by_default(trigger, channel) else "off"
    if rules.DEFAULTS[trigger].otherwise == channel:
        usual = "if nothing else"
    return forms.TypedChoiceField(
        choices=[("", f"({usual})"), ("on", "on"), ("off", "off")],
        coerce=lambda word: word == "on",
        empty_value=None,
        required=False,
        initial="" if decided is None else "on" if decided else "off",
        widget=forms.Select(attrs={"aria-label": f"{trigger.label}, {channel.label}"}),
    )


def _nearness(trigger: Trigger, terms: Terms) -> forms.Field:
    measure = by_hand.MEASURES[trigger]
    own = {getattr(rule, measure) for rule in terms.rules.values() if rule.trigger == trigger} - {None}
    attributes = {"aria-label": f"{trigger.label}, {measure}", "placeholder": str(rules.NEARNESS[trigger])}
    return forms.IntegerField(
        min_value=1,
        max_value=MOST_NEARNESS,
        required=False,
        initial=min(own, default=None),
        help_text=measure,
        widget=forms.NumberInput(attrs=attributes),
    )
