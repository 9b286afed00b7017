"""What ``EMAIL_URL`` means for Django and Anymail. Pure.

The address holds a secret, so what is wrong with it is said without it. Everything in it is percent-encoded where it
would not be read as it is. What a provider of Anymail takes beside its key follows as a query, in Anymail's own words:
``mailgun://KEY@mg.example.com?api_url=https://api.eu.mailgun.net/v3``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SMTP: Final = "notifications.gateways.mail.smtp.EmailBackend"
NOWHERE: Final = "django.core.mail.backends.dummy.EmailBackend"
CONNECT_SECONDS: Final = 3.0
ANSWER_SECONDS: Final = 6.0
SUBMISSION_PORT: Final = 587
USER: Final = "doorstep"


@dataclass(frozen=True, slots=True)
class Provider:
    """What a provider's address holds, by the names that Anymail has for it, each after the provider's own.

    ``key`` stands where a user does, ``second_key`` where a password does; ``options`` and ``API_URL`` may
    follow as a query, and those in ``needed`` must.
    """

    key: str = "API_KEY"
    second_key: str = ""
    host: str = ""
    options: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()

    @property
    def known(self) -> frozenset[str]:
        return self.options | self.needed | {"API_URL"}


PROVIDERS: Final[Mapping[str, Provider]] = {
    "amazon_ses": Provider(key="", options=frozenset({"CONFIGURATION_SET_NAME"})),
    "brevo": Provider(),
    "mailersend": Provider(key="API_TOKEN", options=frozenset({"SIGNING_SECRET"})),
    "mailgun": Provider(host="SENDER_DOMAIN", options=frozenset({"WEBHOOK_SIGNING_KEY"})),
    "mailjet": Provider(second_key="SECRET_KEY"),
    "mailtrap": Provider(key="API_TOKEN", options=frozenset({"SANDBOX_ID"})),
    "mandrill": Provider(options=frozenset({"WEBHOOK_KEY", "WEBHOOK_URL"})),
    "postal": Provider(options=frozenset({"WEBHOOK_KEY"}), needed=frozenset({"API_URL"})),
    "postmark": Provider(key="SERVER_TOKEN", options=frozenset({"MESSAGE_STREAM"})),
    "resend": Provider(),
    "scaleway": Provider(key="SECRET_KEY", options=frozenset({"REGION"}), needed=frozenset({"PROJECT_ID"})),
    "sendgrid": Provider(),
    "sparkpost": Provider(options=frozenset({"SUBACCOUNT"})),
    "unisender_go": Provider(needed=frozenset({"API_URL"})),
}
"""The providers of Anymail 15."""


@dataclass(frozen=True, slots=True)
class Mail:
    """What Django's settings of the same names are to be."""

    backend: str
    host: str = "localhost"
    port: int = 25
    user: str = ""
    password: str = field(default="", repr=False)
    use_tls: bool = False
    use_ssl: bool = False
    anymail: Mapping[str, Any] = field(default_factory=dict, repr=False)


def read(url: str, *, webhook_secret: str = "") -> Mail:
    """Read where mail goes; nowhere, where there is no address.

    ``webhook_secret`` is what providers send along to prove that it is they, two with a comma while it changes.

    Raises ``ImproperlyConfigured``, without the address, where it cannot be read.
    """
    if not url:
        return Mail(NOWHERE)
    scheme, _, rest = url.partition("://")
    try:
        place = urlsplit(f"//{rest}")
        if scheme in ("smtp", "smtps"):
            return _server(scheme, place)
        return _provider(scheme, place, webhook_secret)
    except ValueError:
        raise _unreadable("what is special in a user, password or key percent-encoded") from None


def _server(scheme: str, place: SplitResult) -> Mail:
    """Read a mail server's address. A password goes out under TLS, unless somebody insists otherwise."""
    options = _options(place, known=frozenset({"TLS"}))
    if not place.hostname or place.path.strip("/") or options.get("TLS", "on") not in ("on", "off"):
        raise _unreadable("nothing after the port but ?tls=on or ?tls=off")
    user, is_wrapped = unquote(place.username or ""), scheme == "smtps"
    port = place.port or (465 if is_wrapped else SUBMISSION_PORT if user else 25)
    is_due = bool(user) or port == SUBMISSION_PORT or "TLS" in options
    return Mail(
        SMTP,
        place.hostname,
        port,
        user,
        unquote(place.password or ""),
        use_tls=is_due and not is_wrapped and options.get("TLS") != "off",
        use_ssl=is_wrapped,
    )


def _provider(scheme: str, place: SplitResult, webhook_secret: str) -> Mail:
    provider = PROVIDERS.get(scheme)
    if provider is None:
        raise _unreadable(f"or for a provider {', '.join(PROVIDERS)}")
    parts = {
        provider.key: unquote(place.username or ""),
        provider.second_key: unquote(place.password or ""),
        provider.host: place.hostname or "",
    }
    options = _options(place, known=provider.known)
    given = {name: value for name, value in {**parts, **options}.items() if name and value}
    wanted = {provider.key, provider.second_key, provider.host, *provider.needed} - {""}
    if missing := wanted - given.keys():
        raise _unreadable(f"and {scheme} needs {', '.join(sorted(missing)).lower()}")
    settings = {f"{scheme.upper()}_{name}": value for name, value in given.items()}
    return Mail(
        f"anymail.backends.{scheme}.EmailBackend",
        anymail={**settings, **_ways(scheme, place), "WEBHOOK_SECRET": _secrets(webhook_secret)},
    )


def _ways(scheme: str, place: SplitResult) -> dict[str, Any]:
    """Say how a provider is talked to: never for long, never twice, and about links that must stay as they are."""
    if scheme == "amazon_ses":
        patience = {"connect_timeout": CONNECT_SECONDS, "read_timeout": ANSWER_SECONDS}
        client: dict[str, Any] = {"config": {**patience, "retries": {"total_max_attempts": 1}}}
        if place.hostname:
            client["region_name"] = place.hostname
        return {"AMAZON_SES_CLIENT_PARAMS": client, **_COMMON}
    return {"REQUESTS_TIMEOUT": (CONNECT_SECONDS, ANSWER_SECONDS), **_COMMON}


_COMMON: Final = {"IGNORE_UNSUPPORTED_FEATURES": True}
"""A provider that knows no tags or no switch for its tracking gets the mail without."""


def _options(place: SplitResult, *, known: frozenset[str]) -> dict[str, str]:
    given = parse_qsl(place.query, keep_blank_values=True, strict_parsing=bool(place.query))
    options = {name.upper(): value for name, value in given}
    if options.keys() - known or place.fragment:
        raise _unreadable(f"and after the question mark {', '.join(sorted(known)).lower() or 'nothing'}")
    return options


def _secrets(given: str) -> list[str]:
    """Read a secret as the ``user:password`` that it is sent as; one without a user has ours."""
    items = [item.strip() for item in given.split(",") if item.strip()]
    return [item if ":" in item else f"{USER}:{item}" for item in items]


def _unreadable(hint: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        "EMAIL_URL must be like smtp://user:password@mail.example.com:587, smtps://… or postmark://TOKEN@, "
        + hint
        + "."
    )
