"""What the partner keeps: shipments that were made, those that were bought, and what is billed for them."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, Final

Said = dict[str, Any]

CURRENCY: Final = "EUR"
PRICES: Final = {"Tomorrow": ("5.40", 1), "Today": ("7.90", 0)}
"""What each service costs, and in how many days it delivers."""


class NotFound(Exception):
    """There is no such thing."""


class NotPossible(Exception):
    """That cannot be done with it; the message says why, after a code."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True, slots=True)
class Bought:
    """A parcel that is to be carried: its shipment, its number, where to, and when it is to be there."""

    shipment_id: str
    tracking_code: str
    city: str
    due_at: datetime


class Books:
    """Thread-safe. Keeps everything in memory."""

    def __init__(self, carrier: str, *, label_url: str) -> None:
        self._carrier = carrier
        self._label_url = label_url
        self._lock = Lock()
        self._made: dict[str, Said] = {}
        self._bought: list[Bought] = []

    @property
    def carrier(self) -> str:
        return self._carrier

    def find(self, name: str) -> Said:
        """Find a shipment or an order by its id, or by the reference of who made it.

        Raises ``NotFound``.
        """
        with self._lock:
            return self._find(name)

    def make_shipment(self, wanted: Mapping[str, Any]) -> Said:
        """Make a shipment, which costs nothing until it is bought."""
        with self._lock:
            return self._keep(self._shipment(wanted))

    def make_order(self, wanted: Mapping[str, Any]) -> Said:
        """Make an order of several shipments."""
        ends = {name: wanted[name] for name in ("to_address", "from_address")}
        with self._lock:
            parts = [self._keep(self._shipment({**ends, **part})) for part in wanted["shipments"]]
            order = {"id": f"order_{secrets.token_hex(16)}", "object": "Order", "reference": wanted.get("reference")}
            return self._keep({**order, **ends, "shipments": parts, "rates": self._rates(parts), "messages": []})

    def buy(self, name: str, *, service: str = "", rate_id: str = "") -> Said:
        """Buy a shipment, or all of an order.

        Raises ``NotFound``, and ``NotPossible`` where that was done before, or there is no such service.
        """
        with self._lock:
            found = self._find(name)
            parts: Sequence[Said] = found.get("shipments", [found])
            if any(part["tracking_code"] for part in parts):
                raise NotPossible("SHIPMENT.POSTAGE.EXISTS", "Postage already exists for this shipment.")
            for part in parts:
                self._buy(part, service=service, rate_id=rate_id)
            return found

    def refund(self, name: str) -> Said:
        """Take a shipment out of what is billed and carried.

        Raises ``NotFound``, and ``NotPossible`` where it was fetched already, or never bought.
        """
        with self._lock:
            found = self._find(name)
            tracker = found["tracker"]
            if tracker is None or tracker["tracking_details"]:
                raise NotPossible("SHIPMENT.REFUND.UNAVAILABLE", "The parcel has been fetched already.")
            found["refund_status"] = "submitted"
            return found

    def bought(self) -> list[Bought]:
        """List what is to be carried, in the order in which it was bought."""
        with self._lock:
            return [bought for bought in self._bought if not self._made[bought.shipment_id]["refund_status"]]

    def track(self, bought: Bought, detail: Said) -> Said:
        """Write down what happened to a parcel; gives its tracker as it is from then on."""
        with self._lock:
            tracker: Said = self._made[bought.shipment_id]["tracker"]
            tracker["tracking_details"].append(detail)
            tracker |= {"status": detail["status"], "status_detail": detail["status_detail"]}
            return {**tracker, "tracking_details": list(tracker["tracking_details"])}

    def forget_last(self, bought: Bought) -> None:
        """Take back what was written down last of a parcel: nobody was told."""
        with self._lock:
            self._made[bought.shipment_id]["tracker"]["tracking_details"].pop()

    def _find(self, name: str) -> Said:
        for kept in self._made.values():
            if name and name in (kept["id"], kept["reference"]):
                return kept
        raise NotFound

    def _keep(self, made: Said) -> Said:
        self._made[made["id"]] = made
        return made

    def _shipment(self, wanted: Mapping[str, Any]) -> Said:
        made: Said = {
            "id": f"shp_{secrets.token_hex(16)}",
            "object": "Shipment",
            "reference": wanted.get("reference"),
            "to_address": wanted["to_address"],
            "from_address": wanted["from_address"],
            "parcel": wanted["parcel"],
            "tracking_code": None,
            "selected_rate": None,
            "postage_label": None,
            "tracker": None,
            "refund_status": None,
            "messages": [],
        }
        return {**made, "rates": self._rates([made])}

    def _rates(self, parts: Sequence[Said]) -> list[Said]:
        return [
            {
                "id": f"rate_{secrets.token_hex(16)}",
                "object": "Rate",
                "carrier": self._carrier,
                "service": service,
                "rate": f"{float(price) * len(parts):.2f}",
                "currency": CURRENCY,
                "delivery_days": days,
                "delivery_date": None,
            }
            for service, (price, days) in PRICES.items()
        ]

    def _buy(self, part: Said, *, service: str, rate_id: str) -> None:
        chosen = next((rate for rate in part["rates"] if service == rate["service"] or rate_id == rate["id"]), None)
        if chosen is None:
            raise NotPossible("RATE.NOT_FOUND", "There is no such rate.")
        code = f"RE{secrets.randbelow(10**9):09}FI"
        due_at = datetime.now(UTC) + timedelta(days=chosen["delivery_days"])
        part |= {
            "tracking_code": code,
            "selected_rate": chosen,
            "postage_label": {"object": "PostageLabel", "label_url": f"{self._label_url}/{code}.svg"},
            "tracker": {
                "id": f"trk_{secrets.token_hex(16)}",
                "object": "Tracker",
                "tracking_code": code,
                "shipment_id": part["id"],
                "carrier": self._carrier,
                "status": "unknown",
                "status_detail": "unknown",
                "est_delivery_date": f"{due_at:%Y-%m-%dT%H:%M:%SZ}",
                "tracking_details": [],
            },
        }
        self._bought.append(Bought(part["id"], code, part["to_address"]["city"], due_at))
