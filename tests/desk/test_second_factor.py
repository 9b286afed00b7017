import re
import time
from base64 import b32decode

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from desk import second_factor

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

PASSWORD = "a-long-password"


def make_staff(name: str = "sari", *, is_staff: bool = True) -> User:
    return User.objects.create_user(name, password=PASSWORD, is_staff=is_staff, is_superuser=is_staff)


def sign_in(client: Client, name: str = "sari", password: str = PASSWORD) -> str:
    """Give name and password as a browser does; gives the page that this leads to."""
    answer = client.post("/admin/login/?next=/admin/", {"username": name, "password": password}, follow=True)
    return str(answer.request["PATH_INFO"])


def code_of(secret: bytes, *, later_by: int = 0) -> str:
    totp = TOTP(secret)
    totp.time = time.time() + 30 * later_by
    return f"{totp.token():06}"


def enrol(client: Client) -> list[str]:
    """Set the second factor up; gives the recovery codes."""
    secret = re.search(r"<code>([A-Z2-7]+)</code>", client.get("/admin/enrol/").text)
    assert secret is not None
    padded = secret[1] + "=" * (-len(secret[1]) % 8)
    page = client.post("/admin/enrol/", {"code": code_of(b32decode(padded))}).text
    return re.findall(r"<code>([0-9a-f]+)</code>", page)


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def test_whoever_has_no_second_factor_sets_it_up_on_the_way_in(client: Client) -> None:
    make_staff()

    assert sign_in(client) == "/admin/enrol/"
    assert not is_in(client)
    codes = enrol(client)

    assert is_in(client)
    assert len(set(codes)) == 10


def test_a_password_alone_opens_nothing(client: Client) -> None:
    make_staff()
    enrolled = Client()
    sign_in(enrolled)
    enrol(enrolled)

    assert sign_in(client) == "/admin/second-factor/"
    assert not is_in(client)
    assert client.get("/admin/enrol/").headers["Location"] == "/admin/second-factor/"


def test_the_code_of_the_app_lets_in_once(client: Client) -> None:
    user = make_staff()
    device = TOTPDevice.objects.create(user=user, confirmed=True)
    code = code_of(device.bin_key)
    sign_in(client)

    answer = client.post("/admin/second-factor/", {"code": f" {code[:3]} {code[3:]} ", "next": "/admin/tracking/"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/tracking/")
    other = Client()
    sign_in(other)
    assert other.post("/admin/second-factor/", {"code": code}).status_code == 422
    assert not is_in(other)


def test_each_recovery_code_lets_in_once(client: Client) -> None:
    make_staff()
    sign_in(client)
    code = enrol(client)[0]

    for lets_in in (True, False):
        visitor = Client()
        sign_in(visitor)
        visitor.post("/admin/second-factor/", {"code": code.upper()})
        assert is_in(visitor) is lets_in
    assert StaticToken.objects.count() == 9


def test_wrong_codes_are_slowed_down_and_let_nobody_in(client: Client) -> None:
    device = TOTPDevice.objects.create(user=make_staff(), confirmed=True)
    sign_in(client)

    for wrong in ("000000", "", "x" * 5000, "\0", "\u0661\u0662\u0663"):
        assert client.post("/admin/second-factor/", {"code": wrong}).status_code == 422
    at_once = client.post("/admin/second-factor/", {"code": code_of(device.bin_key)})

    assert at_once.status_code == 422
    assert not is_in(client)


def test_the_second_factor_leads_nowhere_else(client: Client) -> None:
    device = TOTPDevice.objects.create(user=make_staff(), confirmed=True)
    sign_in(client)

    answer = client.post("/admin/second-factor/", {"code": code_of(device.bin_key), "next": "https://evil.example/"})

    assert answer.headers["Location"] == "/admin/"


@pytest.mark.parametrize("path", ["/admin/second-factor/", "/admin/enrol/"])
def test_strangers_and_those_who_are_no_staff_are_sent_to_the_door(client: Client, path: str) -> None:
    assert client.get(path).headers["Location"].startswith("/admin/login/")

    client.force_login(make_staff(is_staff=False))

    assert client.get(path).headers["Location"].startswith("/admin/login/")


def test_ten_wrong_passwords_close_the_door_for_that_name_alone(client: Client) -> None:
    make_staff()
    make_staff("outi")
    for _ in range(10):
        assert sign_in(client, password="wrong") == "/admin/login/"

    assert sign_in(client) == "/admin/login/"
    assert sign_in(Client(), "outi") == "/admin/enrol/"


def test_a_reset_makes_somebody_set_it_up_anew(client: Client) -> None:
    user = make_staff()
    sign_in(client)
    enrol(client)

    second_factor.reset(user)

    assert not is_in(client)
    assert sign_in(Client()) == "/admin/enrol/"
