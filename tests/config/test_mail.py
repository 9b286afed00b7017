import json
import pkgutil
import traceback

import pytest
from anymail import backends
from anymail.backends.base_requests import AnymailRequestsBackend
from django.core import mail as django_mail
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from config import mail
from config.mail import Mail
from tests import servers

SECRET = "s3cr3t/of:the@house"
ENCODED = "s3cr3t%2Fof%3Athe%40house"
SMTP = "notifications.gateways.mail.smtp.EmailBackend"
COMMON = {"IGNORE_UNSUPPORTED_FEATURES": True, "REQUESTS_TIMEOUT": (3.0, 6.0), "WEBHOOK_SECRET": []}


def test_without_an_address_mail_goes_nowhere() -> None:
    assert mail.read("") == Mail("django.core.mail.backends.dummy.EmailBackend")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", Mail(SMTP, "mail.example", 25)),
        ("smtp://mail.example/", Mail(SMTP, "mail.example", 25)),
        ("smtp://127.0.0.1:2525", Mail(SMTP, "127.0.0.1", 2525)),
        ("smtp://mail.example:587", Mail(SMTP, "mail.example", 587, use_tls=True)),
        ("smtp://mail.example?tls=on", Mail(SMTP, "mail.example", 25, use_tls=True)),
        ("smtp://me:pass@mail.example", Mail(SMTP, "mail.example", 587, "me", "pass", use_tls=True)),
        ("smtp://me:pass@mail.example:25", Mail(SMTP, "mail.example", 25, "me", "pass", use_tls=True)),
        ("smtp://me:pass@127.0.0.1:25?tls=off", Mail(SMTP, "127.0.0.1", 25, "me", "pass")),
        (
            f"smtp://me%40x.example:{ENCODED}@mail.example",
            Mail(SMTP, "mail.example", 587, "me@x.example", SECRET, True),
        ),
        ("smtps://me:pass@mail.example", Mail(SMTP, "mail.example", 465, "me", "pass", use_ssl=True)),
        ("smtps://me:pass@[::1]:4465", Mail(SMTP, "::1", 4465, "me", "pass", use_ssl=True)),
    ],
)
def test_a_mail_server_is_told_a_password_under_tls(url: str, expected: Mail) -> None:
    assert mail.read(url) == expected


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("brevo://KEY@", {"BREVO_API_KEY": "KEY"}),
        ("mailersend://KEY@", {"MAILERSEND_API_TOKEN": "KEY"}),
        ("mailgun://KEY@mg.example", {"MAILGUN_API_KEY": "KEY", "MAILGUN_SENDER_DOMAIN": "mg.example"}),
        (
            "mailgun://KEY@mg.example?api_url=https://api.eu.mailgun.net/v3&webhook_signing_key=SIGN",
            {
                "MAILGUN_API_KEY": "KEY",
                "MAILGUN_SENDER_DOMAIN": "mg.example",
                "MAILGUN_API_URL": "https://api.eu.mailgun.net/v3",
                "MAILGUN_WEBHOOK_SIGNING_KEY": "SIGN",
            },
        ),
        ("mailjet://KEY:SECRET@", {"MAILJET_API_KEY": "KEY", "MAILJET_SECRET_KEY": "SECRET"}),
        ("mailtrap://KEY@?sandbox_id=7", {"MAILTRAP_API_TOKEN": "KEY", "MAILTRAP_SANDBOX_ID": "7"}),
        ("mandrill://KEY@", {"MANDRILL_API_KEY": "KEY"}),
        (
            "postal://KEY@?api_url=https://postal.example/api/v1",
            {"POSTAL_API_KEY": "KEY", "POSTAL_API_URL": "https://postal.example/api/v1"},
        ),
        ("postmark://KEY@", {"POSTMARK_SERVER_TOKEN": "KEY"}),
        ("resend://re_KEY@", {"RESEND_API_KEY": "re_KEY"}),
        (
            "scaleway://KEY@?project_id=P&region=nl-ams",
            {"SCALEWAY_SECRET_KEY": "KEY", "SCALEWAY_PROJECT_ID": "P", "SCALEWAY_REGION": "nl-ams"},
        ),
        ("sendgrid://SG.KEY@", {"SENDGRID_API_KEY": "SG.KEY"}),
        ("sparkpost://KEY@", {"SPARKPOST_API_KEY": "KEY"}),
        (
            "unisender_go://KEY@?api_url=https://go2.unisender.ru/ru/transactional/api/v1",
            {"UNISENDER_GO_API_KEY": "KEY", "UNISENDER_GO_API_URL": "https://go2.unisender.ru/ru/transactional/api/v1"},
        ),
        (f"postmark://{ENCODED}@", {"POSTMARK_SERVER_TOKEN": SECRET}),
    ],
)
@pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning")
def test_a_provider_gets_its_key_under_the_name_that_anymail_has_for_it(
    settings: Settings, url: str, named: dict[str, str]
) -> None:
    read = mail.read(url)

    assert read.anymail == {**COMMON, **named}
    settings.ANYMAIL = read.anymail
    backend = django_mail.get_connection(read.backend)
    assert isinstance(backend, AnymailRequestsBackend)
    assert backend.timeout == (3.0, 6.0)


def test_amazon_is_known_by_its_own_environment_and_never_asked_twice() -> None:
    config = {"connect_timeout": 3.0, "read_timeout": 6.0, "retries": {"total_max_attempts": 1}}

    assert mail.read("amazon_ses://").anymail["AMAZON_SES_CLIENT_PARAMS"] == {"config": config}
    assert mail.read("amazon_ses://eu-north-1?configuration_set_name=events").anymail == {
        "AMAZON_SES_CLIENT_PARAMS": {"config": config, "region_name": "eu-north-1"},
        "AMAZON_SES_CONFIGURATION_SET_NAME": "events",
        "IGNORE_UNSUPPORTED_FEATURES": True,
        "WEBHOOK_SECRET": [],
    }


def test_every_provider_that_anymail_has_can_be_named() -> None:
    modules = {module.name for module in pkgutil.iter_modules(backends.__path__)}

    assert set(mail.PROVIDERS) == modules - {"base", "base_requests", "console", "test", "sendinblue"}


@pytest.mark.parametrize(
    ("given", "secrets"),
    [
        ("", []),
        ("long-and-random", ["doorstep:long-and-random"]),
        ("user:long-and-random", ["user:long-and-random"]),
        ("new, user:old,", ["doorstep:new", "user:old"]),
    ],
)
def test_a_webhooks_secret_is_a_user_and_a_password_and_two_may_be_good(given: str, secrets: list[str]) -> None:
    assert mail.read("postmark://KEY@", webhook_secret=given).anymail["WEBHOOK_SECRET"] == secrets


@pytest.mark.parametrize(
    "url",
    [
        f"pigeon://{ENCODED}@",
        f"://{ENCODED}@",
        f"{ENCODED}",
        f"postmark://{ENCODED}",
        f"postmark://{ENCODED}@?colour=red",
        f"postmark://{ENCODED}@?message_stream",
        f"postmark://{ENCODED}@#fragment",
        f"mailgun://{ENCODED}@",
        f"mailjet://{ENCODED}@",
        f"postal://{ENCODED}@",
        f"scaleway://{ENCODED}@",
        f"smtp://me:{ENCODED}@",
        f"smtp://me:{ENCODED}@mail.example:port",
        f"smtp://me:{ENCODED}@mail.example:99999",
        f"smtp://me:{ENCODED}@mail.example/path",
        f"smtp://me:{ENCODED}@mail.example?tls=perhaps",
        "smtp://me:s3cr3t[@mail.example",
        f"smtp://me:{SECRET}@mail.example",
        "smtp://",
    ],
)
def test_what_cannot_be_read_is_refused_without_its_secret(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL must be like") as refusal:
        mail.read(url)

    told = "".join(traceback.format_exception(refusal.value))
    assert "s3cr3t" not in str(refusal.value)
    assert refusal.value.__suppress_context__ or "s3cr3t" not in told


def test_what_is_secret_is_not_shown_by_accident() -> None:
    assert SECRET not in repr(mail.read(f"smtp://me:{ENCODED}@mail.example"))
    assert SECRET not in repr(mail.read(f"postmark://{ENCODED}@"))


def test_the_installation_is_told_all_of_it() -> None:
    environment = {
        "SECRET_KEY": "only-for-this-test",
        "EMAIL_URL": f"smtp://me:{ENCODED}@mail.example:2525",
        "EMAIL_FROM": "Doorstep <deliveries@shop.example>",
    }
    names = [
        "EMAIL_BACKEND",
        "EMAIL_HOST",
        "EMAIL_PORT",
        "EMAIL_HOST_USER",
        "EMAIL_HOST_PASSWORD",
        "EMAIL_USE_TLS",
        "EMAIL_USE_SSL",
        "EMAIL_TIMEOUT",
        "DEFAULT_FROM_EMAIL",
    ]
    code = f"import json; from django.conf import settings; print(json.dumps([getattr(settings, n) for n in {names}]))"

    told = servers.manage("shell", "--verbosity", "0", "--command", code, environment=environment)

    assert json.loads(told) == [
        "notifications.gateways.mail.smtp.EmailBackend",
        "mail.example",
        2525,
        "me",
        SECRET,
        True,
        False,
        3.0,
        "Doorstep <deliveries@shop.example>",
    ]
