"""A browser's side of web push: the keys of a subscription, and the reading of what was encrypted for it."""

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any, Final

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ENDPOINT: Final = "https://fcm.googleapis.com/fcm/send/c2VjcmV0:APA91b"
VAPID_KEY: Final = "3tGoIxT9H3G2GsKIUv6Yhq7cLh1x0cSu6nLQjcTYj3o"
VAPID_CONTACT: Final = "mailto:operations@shop.example"


def make_key() -> ec.EllipticCurvePrivateKey:
    """Make a key of the curve that web push is on."""
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class Browser:
    """A browser that has subscribed."""

    endpoint: str = ENDPOINT
    key: ec.EllipticCurvePrivateKey = field(default_factory=make_key)
    secret: bytes = b"0123456789abcdef"

    @property
    def p256dh(self) -> str:
        return written(self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    @property
    def auth(self) -> str:
        return written(self.secret)

    def subscription(self) -> dict[str, Any]:
        """Write the subscription as ``PushSubscription.toJSON`` does."""
        keys = {"p256dh": self.p256dh, "auth": self.auth}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def read(self, body: bytes) -> Any:
        """Read a message that only this browser can."""
        return json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm"))


def written(data: bytes) -> str:
    """Write bytes as browsers do."""
    return urlsafe_b64encode(data).decode().rstrip("=")
