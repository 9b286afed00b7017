"""The second factor of staff: a code from an app (TOTP), and ten recovery codes for the day the phone is gone."""

import secrets
from base64 import b32encode
from collections.abc import Sequence
from typing import Final

import django_otp
import segno
from django.contrib.auth.models import User
from django.db import transaction
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

RECOVERY_CODES: Final = 10
RECOVERY_BYTES: Final = 5
LONGEST: Final = 16


def is_set_up(user: User) -> bool:
    """Say whether a user has confirmed an app."""
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


@transaction.atomic
def begin(user: User) -> TOTPDevice:
    """Give the secret that a user is to put into their app: the same one until it is confirmed."""
    User.objects.select_for_update().get(id=user.id)
    device: TOTPDevice
    device, _ = TOTPDevice.objects.get_or_create(user=user, confirmed=False, defaults={"name": "app"})
    return device


@transaction.atomic
def confirm(user: User, code: str) -> tuple[TOTPDevice, Sequence[str]] | None:
    """Take the app into use if it shows the right code; gives it with new recovery codes, to be shown this once."""
    device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False).first()
    if device is None or not device.verify_token(_plain(code)):
        return None
    return device, _put_to_use(device)


@transaction.atomic
def issue(user: User) -> tuple[TOTPDevice, Sequence[str]]:
    """Give a user a secret and recovery codes that count at once: for whom somebody else sets this up."""
    device = begin(user)
    return device, _put_to_use(device)


def verify(user: User, code: str) -> TOTPDevice | StaticDevice | None:
    """Give the device that a code belongs to: the app, or the recovery codes, of which each counts once.

    Each wrong code makes the next try wait longer, which is Django OTP's doing.
    """
    for device in django_otp.devices_for_user(user):
        verified: TOTPDevice | StaticDevice | None = django_otp.verify_token(user, device.persistent_id, _plain(code))
        if verified is not None:
            return verified
    return None


@transaction.atomic
def reset(user: User) -> None:
    """Forget a user's app and recovery codes, so that they set it up anew when they next come in."""
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()


def secret_of(device: TOTPDevice) -> str:
    """Write the secret of an app the way people type it: base 32, without padding."""
    return b32encode(device.bin_key).decode().rstrip("=")


def picture(device: TOTPDevice) -> str:
    """Draw what a phone's camera reads a secret from, as SVG."""
    drawing: str = segno.make(device.config_url, error="m").svg_inline(
        scale=5, border=2, dark="#000", light="#fff", omitsize=True, svgclass=None, lineclass=None
    )
    return drawing


def _put_to_use(device: TOTPDevice) -> Sequence[str]:
    """Let an app count in place of the one before; gives new recovery codes."""
    TOTPDevice.objects.filter(user=device.user, confirmed=True).delete()
    device.confirmed = True
    device.save()
    StaticDevice.objects.filter(user=device.user).delete()
    recovery = StaticDevice.objects.create(user=device.user, name="recovery")
    codes = [secrets.token_hex(RECOVERY_BYTES) for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=recovery, token=code) for code in codes)
    return codes


def _plain(code: str) -> str:
    return "".join(code.split()).lower()[:LONGEST]
