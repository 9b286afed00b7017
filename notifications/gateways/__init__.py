"""Who carries messages away: the providers of each channel, and the local outbox where there is none.

``of`` is for whoever sends, ``outcomes`` is what a provider is handed and how that can end, ``codes`` what Twilio's
words for a mistake mean.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from django.conf import settings

from notifications.gateways import mail, push
from notifications.gateways.local import LocalGateway
from notifications.gateways.outcomes import Gateway
from notifications.gateways.twilio import Account, TwilioGateway
from notifications.triggers import Channel

STATUS_PATH: Final = "/hooks/twilio/status/"

_local: Final = LocalGateway()


def of(channel: Channel) -> Sequence[Gateway]:
    """Give the providers of a channel as the settings have them, the first choice first; there is always one."""
    own = {Channel.EMAIL: mail.configured, Channel.PUSH: push.configured}
    if channel in own:
        return [own[channel]() or _local]
    return [_twilio(account) for account in accounts() if _can_send(account, channel)] or [_local]


def accounts() -> list[Account]:
    """Describe the accounts with Twilio, or with who speaks its API, that have a token: the first choice first."""
    callback_url = f"{settings.BASE_URL}{STATUS_PATH}"
    first = Account(
        name="twilio",
        sid=settings.TWILIO_ACCOUNT_SID,
        token=settings.TWILIO_AUTH_TOKEN,
        base_url=settings.TWILIO_API_BASE,
        callback_url=callback_url,
        sender=settings.TWILIO_MESSAGING_SERVICE_SID or settings.TWILIO_FROM,
        whatsapp_sender=settings.TWILIO_WHATSAPP_FROM,
    )
    backup = Account(
        name="twilio_backup",
        sid=settings.TWILIO_BACKUP_ACCOUNT_SID,
        token=settings.TWILIO_BACKUP_AUTH_TOKEN,
        base_url=settings.TWILIO_BACKUP_API_BASE,
        callback_url=callback_url,
        sender=settings.TWILIO_BACKUP_FROM,
        has_brands=False,
    )
    return [account for account in (first, backup) if account.token]


def _can_send(account: Account, channel: Channel) -> bool:
    sender = {Channel.SMS: account.sender, Channel.WHATSAPP: account.whatsapp_sender}.get(channel, "")
    return bool(account.sid and sender)


@lru_cache(maxsize=8)
def _twilio(account: Account) -> TwilioGateway:
    """Keep a gateway for as long as its settings stay the same, because it keeps its connections."""
    return TwilioGateway(account)
