"""Find histories that were changed behind our back."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tracking.shipments import chain
from tracking.shipments.models import StatusEvent

READ_AT_ONCE: Final = 2000


class Command(BaseCommand):
    """``manage.py verify_histories [REFERENCE …]``: names the histories that do not fit their chains, and exits with 1.

    Reads the events of all shipments, or of those named, in the order of writing.
    """

    help = "Check that nobody has changed, removed or slipped in an event of a shipment's history."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("references", nargs="*", help="the shipments to look at; all, where none is named")

    def handle(self, *_: Any, references: list[str], **options: Any) -> None:
        faults = list(_faults(references))
        for reference, event in faults:
            self.stdout.write(f"{reference}: {event} does not fit what was written before it")
        if faults:
            raise CommandError(f"{len(faults)} histories were changed.")
        self.stdout.write("Every history fits its chain.")


def _faults(references: list[str]) -> Iterator[tuple[str, StatusEvent]]:
    """Find the first misfit of each history that has one."""
    events = StatusEvent.objects.select_related("shipment", "parcel").order_by("shipment_id", "id")
    if references:
        events = events.filter(shipment__reference__in=references)
    for _, written in groupby(events.iterator(chunk_size=READ_AT_ONCE), key=lambda event: event.shipment_id):
        history = list(written)
        fault = chain.first_fault(history)
        if fault is not None:
            yield history[fault].shipment.reference, history[fault]
