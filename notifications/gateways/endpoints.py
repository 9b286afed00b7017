"""The push services of the browsers. A visitor says where a subscription points to, and nobody else is ever called."""

import re
from typing import Final
from urllib.parse import urlsplit

LONGEST: Final = 500
HOSTS: Final = frozenset({"fcm.googleapis.com", "updates.push.services.mozilla.com"})
DOMAINS: Final = (".push.apple.com", ".notify.windows.com")

_PLAIN: Final = re.compile(r"https://[a-z0-9.-]+(?::443)?/[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*")


def is_push_service(endpoint: str) -> bool:
    """Say whether this is an address of Google's, Mozilla's, Apple's or Microsoft's push service, on HTTPS.

    It must also be written so plainly that no two programs read another host in it.
    """
    if len(endpoint) > LONGEST or not _PLAIN.fullmatch(endpoint):
        return False
    host = urlsplit(endpoint).hostname or ""
    return host in HOSTS or host.endswith(DOMAINS)
