"""What staff fill in to put something right. Each form offers only what the shipment at hand allows."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from carriers.services import handing_over
from desk.dossier import Dossier, Message
from notifications.models import State
from notifications.triggers import NEWS
from tracking.admin import showing
from tracking.links.models import TrackingLink
from tracking.rounds.models import Carrier
from tracking.shipments import lifecycle
from tracking.shipments.lifecycle import Handover, Status
from tracking.shipments.models import StatusEvent
from tracking.shipments.window import Window

LONGEST_REASON: Final = 300
WAITS: Final = frozenset({State.PENDING, State.SENDING, State.UNKNOWN})


class ReasonForm(forms.Form):
    """An action that needs nothing but a reason, which is kept."""

    reason = forms.CharField(
        label=_("Reason"), max_length=LONGEST_REASON, widget=forms.TextInput({"autocomplete": "off"})
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, dossier: Dossier, name: str) -> None:
        super().__init__(data, auto_id=f"{name}-%s", label_suffix="")
        self.dossier = dossier
        self.offer()
        self.order_fields([*(field for field in self.fields if field != "reason"), "reason"])

    def offer(self) -> None:
        """Fill the choices from the shipment at hand."""


class StatusForm(ReasonForm):
    """The step that a shipment is to take."""

    to = forms.ChoiceField(label=_("New status"))
    handover = forms.ChoiceField(
        label=_("Who took it, if it was delivered"), required=False, choices=[("", "–"), *Handover.choices]
    )
    tell = forms.BooleanField(label=_("Tell the shopper"), required=False)

    def offer(self) -> None:
        steps = lifecycle.STEPS[Status(self.dossier.shipment.status)]
        _choose(self, "to", [(status.value, status.label) for status in Status if status in steps])


class StepForm(ReasonForm):
    """One of the steps that count."""

    step = forms.ChoiceField(label=_("Step"))

    def offer(self) -> None:
        zone = self.dossier.shipment.zone
        choices = [
            (event.id, f"{Status(event.status).label}, {showing.local(event.occurred_at, zone)}, {event.source}")
            for event in steps(self.dossier)
        ]
        _choose(self, "step", choices)


class WindowForm(ReasonForm):
    """A day, and the time on it where that is known, by the clock of where it goes."""

    day = forms.DateField(label=_("Day"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    start = forms.TimeField(label=_("From"), required=False, widget=forms.TimeInput({"type": "time"}))
    end = forms.TimeField(label=_("To"), required=False, widget=forms.TimeInput({"type": "time"}))

    def offer(self) -> None:
        told, zone = self.dossier.shipment.window, self.dossier.shipment.zone
        if told is not None:
            self.initial["day"] = told.date
        if told is not None and told.start is not None and told.end is not None:
            self.initial["start"] = told.start.astimezone(zone).strftime("%H:%M")
            self.initial["end"] = told.end.astimezone(zone).strftime("%H:%M")

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        day, start, end = given.get("day"), given.get("start"), given.get("end")
        if self.errors or day is None:
            return given
        if (start is None) != (end is None):
            raise ValidationError(_("A time has two ends: give both, or the day alone."))
        found = Window(day, start and self._at(day, start), end and self._at(day, end))
        self._judge(found)
        return {**given, "window": found}

    def _at(self, day: date, clock: time) -> datetime:
        """Give a moment of the clock where it goes.

        Raises ``ValidationError`` in the hour that summer time leaves out.
        """
        zone = self.dossier.shipment.zone
        moment = datetime.combine(day, clock, zone)
        if moment.astimezone(UTC).astimezone(zone).time() != clock:
            raise ValidationError(_("The clock leaves this time out on that day."))
        return moment

    def _judge(self, found: Window) -> None:
        now = timezone.now()
        if found.start is None or found.end is None:
            is_past = found.date < now.astimezone(self.dossier.shipment.zone).date()
        elif found.end <= found.start:
            raise ValidationError(_("It ends before it begins."))
        else:
            is_past = found.end <= now
        if is_past:
            raise ValidationError(_("This time has gone by."))


class HandOverForm(ReasonForm):
    """Which partner's carrier is asked first."""

    carrier = forms.ChoiceField(label=_("Carrier"))
    alone = forms.BooleanField(label=_("Ask nobody else where it refuses"), required=False)

    def offer(self) -> None:
        carriers = {contract.carrier.slug: contract.carrier.name for contract in handing_over.bookable()}
        _choose(self, "carrier", list(carriers.items()))


class CarrierForm(ReasonForm):
    """One of the carriers that are offered and do not have it yet."""

    carrier = forms.ChoiceField(label=_("Carrier"))

    def offer(self) -> None:
        _choose(self, "carrier", [(carrier.id, carrier.name) for carrier in carriers(self.dossier)])


class LinkForm(ReasonForm):
    """One of the links that are still good."""

    link = forms.ChoiceField(label=_("Link"))

    def offer(self) -> None:
        begins = {line.link: line.token_begins for line in self.dossier.correspondence.links}
        choices = [(link.id, f"{begins[link]} {link.get_origin_display()}") for link in good_links(self.dossier)]
        _choose(self, "link", choices)


class MessageForm(ReasonForm):
    """One of the messages that can be sent again."""

    message = forms.ChoiceField(label=_("Message"))

    def offer(self) -> None:
        choices = [
            (row.notification.id, f"{row.notification.get_trigger_display()}, {row.recipient}")
            for row in repeatable(self.dossier)
        ]
        _choose(self, "message", choices)


class RefundForm(ReasonForm):
    """What was paid back, for the record: money moves elsewhere."""

    amount = forms.DecimalField(label=_("Amount"), min_value=0, max_digits=10, decimal_places=2)
    currency = forms.RegexField(
        r"^[A-Z]{3}\Z",
        label=_("Currency"),
        initial="EUR",
        max_length=3,
        error_messages={"invalid": _("A currency has three letters.")},
    )


def _choose(form: ReasonForm, name: str, choices: Sequence[tuple[object, Any]]) -> None:
    form.fields[name] = forms.ChoiceField(label=form.fields[name].label, choices=choices)


def steps(dossier: Dossier) -> list[StatusEvent]:
    """List the steps that count, the last one first; that it was ordered cannot be taken back."""
    return [
        line.event
        for line in dossier.events
        if not line.is_void and line.event.status and line.event.status != Status.CREATED
    ]


def carriers(dossier: Dossier) -> list[Carrier]:
    """List the carriers that are offered and do not have a shipment, by name. One query."""
    offered = Carrier.objects.filter(profile__is_offered=True).order_by("name", "id")
    return [carrier for carrier in offered if carrier.id != dossier.shipment.carrier_id]


def good_links(dossier: Dossier) -> list[TrackingLink]:
    """List the links that have not been revoked."""
    return [line.link for line in dossier.correspondence.links if line.link.revoked_at is None]


def repeatable(dossier: Dossier) -> list[Message]:
    """List the messages that can be sent again."""
    messages = dossier.correspondence.messages
    return [row for row in messages if row.notification.trigger in NEWS and row.notification.state not in WAITS]
