"""What a phone may say: one thing that was done, as a form or as JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from driving.models import LONGEST_WORDS, REASONS, Kind
from driving.said import Said
from tracking import pictures
from tracking.proof.models import Kind as ProofKind
from tracking.proof.services import Claim, Whereabouts
from tracking.shipments.lifecycle import Handover
from tracking.shipments.reasons import Reason

Upload: TypeAlias = "UploadedFile[bytes]"

LARGEST_ID: Final = 2**63 - 1
LONGEST_DWELL_SECONDS: Final = 24 * 60 * 60
ABOUT_A_SHIPMENT: Final = frozenset({Kind.ARRIVE, Kind.DELIVER, Kind.ATTEMPT})
HANDOVERS: Final = [
    (Handover.RECIPIENT.value, _("the recipient")),
    (Handover.NEIGHBOUR.value, _("a neighbour")),
    (Handover.RECEPTION.value, _("the reception")),
    (Handover.SAFE_PLACE.value, _("a safe place")),
]
"""Who or what takes a parcel, in the driver's words."""


class ActionForm(forms.Form):
    """One thing that a driver did; without a time of its own it happened when it arrived."""

    key = forms.UUIDField()
    kind = forms.TypedChoiceField(coerce=Kind, choices=Kind.choices)
    occurred_at = forms.DateTimeField(required=False)
    sent_at = forms.DateTimeField(required=False)
    is_late = forms.BooleanField(required=False)
    shipment = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    number = forms.CharField(required=False, max_length=60)
    handover = forms.TypedChoiceField(required=False, coerce=Handover, empty_value=None, choices=HANDOVERS)
    reason = forms.TypedChoiceField(
        required=False, coerce=Reason, empty_value=None, choices=[(reason, reason.label) for reason in REASONS]
    )
    name = forms.CharField(required=False, max_length=LONGEST_WORDS)
    place = forms.CharField(required=False, max_length=LONGEST_WORDS)
    note = forms.CharField(required=False, max_length=LONGEST_WORDS)
    pin = forms.CharField(required=False, max_length=12)
    latitude = forms.FloatField(required=False, min_value=-90, max_value=90)
    longitude = forms.FloatField(required=False, min_value=-180, max_value=180)
    dwell_seconds = forms.IntegerField(required=False, min_value=0, max_value=LONGEST_DWELL_SECONDS)
    photo = forms.FileField(required=False, allow_empty_file=True)
    signature = forms.FileField(required=False, allow_empty_file=True)

    def __init__(self, data: Mapping[str, Any], files: MultiValueDict[str, Upload] | None = None) -> None:
        super().__init__(data, files)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = self.cleaned_data
        kind = said.get("kind")
        if kind in ABOUT_A_SHIPMENT and not said.get("shipment") and "shipment" not in self.errors:
            self.add_error("shipment", _("Please say which shipment this is about."))
        if kind == Kind.SCAN and not said.get("number") and "number" not in self.errors:
            self.add_error("number", _("Please scan or type a number."))
        if kind == Kind.ATTEMPT and not said.get("reason") and "reason" not in self.errors:
            self.add_error("reason", _("Please say why it could not be delivered."))
        return said

    def said(self, *, at: datetime) -> Said:
        """Give what was said, once the form is valid."""
        given = self.cleaned_data
        words = {name: given[name] for name in ("number", "handover", "reason", "name", "place", "note", "pin")}
        return Said(
            key=given["key"],
            kind=given["kind"],
            device_at=given["occurred_at"] or at,
            sent_at=given["sent_at"],
            is_late=given["is_late"],
            shipment_id=given["shipment"],
            claim=_claim(given),
            pictures={kind: _read(given[kind]) for kind in (ProofKind.PHOTO, ProofKind.SIGNATURE) if given[kind]},
            **words,
        )


def _claim(given: Mapping[str, Any]) -> Claim | None:
    latitude, longitude = given["latitude"], given["longitude"]
    if latitude is None or longitude is None:
        return None
    return Claim(Whereabouts(latitude, longitude), given["dwell_seconds"] or 0)


def _read(upload: Upload) -> bytes:
    """Read as much of a picture as shows that it is too large, where it is."""
    given: bytes = upload.read(pictures.LARGEST_BYTES + 1)
    return given
