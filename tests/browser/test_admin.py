from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect


def test_staff_sign_in_under_the_strict_policy(page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    password = make_password("a-long-password", hasher="pbkdf2_sha256")
    User.objects.create(username="sari", password=password, is_staff=True, is_superuser=True)

    page.goto("/admin/")
    page.get_by_label("Username").fill("sari")
    page.get_by_label("Password").fill("a-long-password")
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("heading", name="Site administration")).to_be_visible()
    assert [complaint for complaint in complaints if "Content Security Policy" in complaint] == []
