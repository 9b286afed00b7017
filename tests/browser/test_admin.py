import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, expect

from desk import second_factor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_staff_sign_in_under_the_strict_policy(context: BrowserContext) -> None:
    password = make_password("a-long-password", hasher="pbkdf2_sha256")
    user = User.objects.create(username="sari", password=password, is_staff=True, is_superuser=True)
    _, codes = second_factor.issue(user)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))

    page.goto("/admin/")
    page.get_by_label("Username").fill("sari")
    page.get_by_label("Password").fill("a-long-password")
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Come in").click()

    expect(page.get_by_role("heading", name="Site administration")).to_be_visible()
    assert [complaint for complaint in complaints if "Content Security Policy" in complaint] == []
