"""``manage.py demo_day``: make the database, write a delivery day into it, and say how to get in."""

import json
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from atlas.areas import Area
from demo import access
from demo.scenario import market
from demo.scenario.crowd import Crowd
from demo.scenario.day import Day
from demo.scenario.month import Month
from demo.scenario.office import Office
from demo.scenario.others import Others
from desk import second_factor

STAFF = "demo"


class Command(BaseCommand):
    """Writes a day down."""

    help = "Make the database, write a delivery day into it, and write the ways in to a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, required=True, help="which day to draw")
        parser.add_argument(
            "--partner", type=Path, required=True, help="the file that says how to book with the partner"
        )
        parser.add_argument("--access", type=Path, required=True, help="the file to write the ways in to")

    def handle(self, *_: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        area, seed, at = Area.load(settings.MAP_AREAS[0]), options["seed"], timezone.now()
        day = Day(area, seed=seed, at=at)
        day.write()
        Office(area, seed=seed, at=at).write()
        Crowd(area, seed=seed).write(at=at)
        others = Others(area, seed=seed, at=at)
        others.write(terms=json.loads(options["partner"].read_text(encoding="utf-8")))
        market.write(at=at)
        password = secrets.token_urlsafe(9)
        user = User.objects.create_superuser(STAFF, password=password)
        device, codes = second_factor.issue(user)
        Month(area, seed=seed, at=at).write(staff=user)
        staff = {
            "username": STAFF,
            "password": password,
            "totp_secret": second_factor.secret_of(device),
            "recovery_codes": codes,
        }
        access.write(access.collect([*day.links, *others.links], staff=staff, at=at), options["access"])
