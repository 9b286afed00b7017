"""A message as a mail: in the brand's name from the installation's address, as text and as HTML.

What comes from people, a subject or a brand's name, keeps to the one line of its header.
"""

import re
from email.headerregistry import Address
from email.mime.image import MIMEImage
from email.utils import parseaddr
from typing import Final

from anymail.message import AnymailMessage

from notifications.gateways.outcomes import LOGO, Message, Refused
from tracking import contact
from tracking.contact import Unreadable

NOTIFICATION: Final = "notification"
"""The name under which providers keep our id of a message, and tell it again in their reports."""

TAG: Final = "doorstep"

_BREAKS: Final = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")


def write(message: Message, *, sender: str) -> AnymailMessage:
    """Write a mail; ``sender`` is an address, with the name of whoever has none of their own.

    Nobody is to count opens or clicks: that would send the links, which are secrets, through somebody else's hands.

    Raises ``Refused`` where the recipient's address is none.
    """
    try:
        recipient = contact.email(message.recipient)
    except Unreadable:
        raise Refused("address") from None
    own_name, address = parseaddr(sender)
    name = _one_line(message.sender) or _one_line(own_name)
    mail = AnymailMessage(
        _one_line(message.subject),
        message.text,
        str(Address(display_name=name, addr_spec=address)),
        [recipient],
        headers=_headers(message),
        metadata={NOTIFICATION: str(message.notification_id)},
        tags=[TAG],
        track_clicks=False,
        track_opens=False,
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    if message.logo:
        mail.attach(_logo(message.logo))
    return mail


def _logo(content: bytes) -> MIMEImage:
    """Write the part of a mail that its HTML shows instead of the brand's name."""
    part = MIMEImage(content, "png")
    part.add_header("Content-ID", f"<{LOGO}>")
    part.add_header("Content-Disposition", "inline", filename="logo.png")
    return part


def message_id(message: Message, *, sender: str) -> str:
    """Name a message for good, as RFC 5322 does: who gets it twice after all may see that it is the same."""
    return f"<{message.marker}@{parseaddr(sender)[1].rpartition('@')[2]}>"


def _headers(message: Message) -> dict[str, str]:
    headers = {"Auto-Submitted": "auto-generated"}
    if message.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{_one_line(message.unsubscribe_url)}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _one_line(text: str) -> str:
    return _BREAKS.sub(" ", text).strip()
