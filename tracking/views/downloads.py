"""Pictures and receipts as files: for this reader alone, and never opened by a browser as anything else."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.http import Http404, HttpResponse
from django.utils import timezone

from tracking.changes import hints
from tracking.changes import services as changes
from tracking.changes.models import Action
from tracking.proof.models import Kind, Proof
from tracking.proof.receipts import issuing
from tracking.proof.receipts.contents import BrokenHistory, NotDelivered
from tracking.proof.receipts.keys import NoReceipts
from tracking.shipments.models import Shipment

FORMS: Final[dict[str, tuple[str, Callable[..., bytes]]]] = {
    "pdf": ("application/pdf", issuing.as_paper),
    "json": ("application/json", issuing.as_json),
}


def picture(proof: Proof) -> HttpResponse:
    """Answer with the picture of a proof."""
    suffix, content_type = ("png", "image/png") if proof.kind == Kind.SIGNATURE else ("jpg", "image/jpeg")
    with proof.image.open() as image:
        return _file(image.read(), content_type, f"{proof.kind}.{suffix}")


def hint(shipment: Shipment) -> HttpResponse:
    """Answer with the picture of the safe place that its shopper asked for.

    Raises ``Http404`` where there is none.
    """
    wished = (change for change in changes.in_force([shipment]) if change.action == Action.SAFE_PLACE)
    try:
        return _file(hints.read(next(wished)), "image/jpeg", "safe-place.jpg")
    except (StopIteration, FileNotFoundError) as error:
        raise Http404 from error


def receipt(shipment: Shipment, form: str, *, at: datetime) -> HttpResponse:
    """Answer with the signed receipt of a shipment that was fetched with its brand.

    Raises ``Http404`` where there is none to sign, or none of that form.
    """
    if form not in FORMS:
        raise Http404
    content_type, issue = FORMS[form]
    try:
        with timezone.override(shipment.zone):
            return _file(issue(shipment, at=at), content_type, f"receipt.{form}")
    except (NoReceipts, NotDelivered, BrokenHistory) as error:
        raise Http404 from error


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
