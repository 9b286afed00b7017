"""What drivers bring back from doors, for tests: pictures, proofs, a phone's claim, positions."""

from datetime import datetime, timedelta
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

from tests.factories import NOON, make_driver, make_shipment
from tracking.proof import images, services
from tracking.proof.models import Kind, Proof
from tracking.proof.services import Claim, Taken, Whereabouts
from tracking.rounds.models import Driver, Position
from tracking.shipments.lifecycle import Status
from tracking.shipments.models import Shipment, StatusEvent

DOOR: Final = (60.1689, 24.9455)
METRE: Final = 1 / 111_195.08
"""In degrees of latitude, on the mean sphere."""


def make_photo(size: tuple[int, int] = (40, 30), **options: object) -> bytes:
    """Make a JPEG of something red."""
    made = BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(made, "JPEG", **options)
    return made.getvalue()


def make_signature() -> bytes:
    """Make a PNG as a canvas gives it: strokes on nothing."""
    image, made = Image.new("RGBA", (300, 120), (0, 0, 0, 0)), BytesIO()
    ImageDraw.Draw(image).line([(10, 90), (80, 20), (150, 100), (290, 30)], fill="black", width=4)
    image.save(made, "PNG")
    return made.getvalue()


def make_event(status: Status = Status.DELIVERED, *, shipment: Shipment | None = None) -> StatusEvent:
    """Make a shipment that somebody was at the door with, and give the event that says so."""
    shipment = shipment or make_shipment(status=status)
    return shipment.events.filter(status=status).latest("id")


def keep(
    event: StatusEvent, kind: Kind, *, source_key: str = "", words: str = "", image: bytes = b"", at: datetime = NOON
) -> Proof:
    """Keep a proof as the driver's page does."""
    stored = images.store(image, kind=kind) if image else None
    taken = Taken(
        kind=kind, source_key=source_key or kind.value, at=at, words=words, image=stored, driver=make_driver()
    )
    return services.keep(event, taken, at=at)


def make_claim(*, metres: float, seconds: int = 90) -> Claim:
    """Make what a phone says so far north of the door."""
    return Claim(Whereabouts(DOOR[0] + metres * METRE, DOOR[1]), seconds)


def make_positions(driver: Driver, *stays: tuple[float, int], until: datetime) -> None:
    """Make a driver's positions, one each ten seconds: so many metres north of the door for so long, in turn."""
    places = [metres for metres, seconds in stays for _ in range(0, seconds, 10)]
    Position.objects.bulk_create(
        Position(
            driver=driver,
            recorded_at=until - timedelta(seconds=10 * age),
            received_at=until,
            latitude=DOOR[0] + metres * METRE,
            longitude=DOOR[1],
        )
        for age, metres in enumerate(reversed(places))
    )
