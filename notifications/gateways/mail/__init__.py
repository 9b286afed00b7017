"""E-mail, by a mail server of one's own or by any provider that Anymail knows."""

from functools import lru_cache
from typing import Final

from django.conf import settings

from notifications.gateways.mail.provider import ProviderGateway
from notifications.gateways.mail.server import ServerGateway
from notifications.gateways.outcomes import Gateway

SERVER: Final = "notifications.gateways.mail.smtp.EmailBackend"
PROVIDERS: Final = "anymail.backends."


def configured() -> Gateway | None:
    """Give what carries this installation's mail, if anything does."""
    return _gateway(settings.EMAIL_BACKEND, settings.EMAIL_FROM) if settings.EMAIL_FROM else None


@lru_cache(maxsize=8)
def _gateway(backend: str, sender: str) -> Gateway | None:
    """Keep a gateway for as long as its settings stay the same, because it keeps its connections."""
    if backend == SERVER:
        return ServerGateway(sender)
    if backend.startswith(PROVIDERS):
        return ProviderGateway(backend.removeprefix(PROVIDERS).partition(".")[0], sender)
    return None
