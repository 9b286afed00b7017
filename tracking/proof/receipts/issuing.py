"""Receipts as they are handed out: gathered from the rows, signed with the installation's key."""

from datetime import datetime

from django.conf import settings

from tracking.proof.models import Proof
from tracking.proof.receipts import contents, keys, paper, sealing
from tracking.proof.receipts.contents import Contents
from tracking.shipments.models import Shipment


def as_json(shipment: Shipment, *, at: datetime) -> bytes:
    """Sign the receipt of a shipment that was fetched with its brand.

    Raises ``keys.NoReceipts``, ``contents.NotDelivered``, ``contents.BrokenHistory``.
    """
    return sealing.sign(_gather(shipment, at=at).told, keys.private())


def as_paper(shipment: Shipment, *, at: datetime) -> bytes:
    """Draw the receipt of a shipment that was fetched with its brand, with the signed JSON attached, and sign it.

    Raises ``keys.NoReceipts``, ``contents.NotDelivered``, ``contents.BrokenHistory``.
    """
    key, found = keys.private(), _gather(shipment, at=at)
    pictures = [_read(proof) for proof in found.proofs if proof.is_picture]
    drawn = paper.draw(found.told, pictures, attached=sealing.sign(found.told, key))
    return sealing.sign_paper(drawn, key)


def _gather(shipment: Shipment, *, at: datetime) -> Contents:
    return contents.gather(shipment, issuer=settings.BASE_URL, at=at)


def _read(proof: Proof) -> bytes:
    with proof.image.open() as image:
        return bytes(image.read())
