import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from notifications import delivering
from notifications.models import Webhook
from notifications.services import webhooks
from tests import servers
from tests.factories import make_brand
from tracking.keys import services as keys
from tracking.keys.models import Scope
from tracking.links.models import TrackingLink

SHOP = Path(__file__).parents[2] / "docs" / "shop.py"


@pytest.mark.django_db(transaction=True)
def test_a_shop_in_thirty_lines_sends_an_order_and_hears_of_it(daphne: servers.Server, settings: Settings) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    scopes = [Scope.SHIPMENTS_WRITE, Scope.WEBHOOKS]
    secret = keys.issue("shop", scopes=scopes, brand=make_brand(), is_for_all=False, at=timezone.now())[1]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {"DOORSTEP": daphne.url, "DOORSTEP_KEY": secret, "NEWS_URL": "http://localhost/", "PORT": str(port)}
    webhooks.sweep(at=timezone.now())

    with subprocess.Popen(
        [sys.executable, SHOP], env=os.environ | environment, stdout=subprocess.PIPE, text=True
    ) as shop:
        assert shop.stdout is not None
        sent = shop.stdout.readline()
        # No shop may register another port than the web's, and no test may listen on those.
        Webhook.objects.update(url=f"http://localhost:{port}/")
        webhooks.sweep(at=timezone.now())
        delivering.deliver()
        heard = shop.stdout.readline()

    link = TrackingLink.objects.get()
    assert sent.startswith("Send this to Maija: ")
    assert sent.rstrip().endswith(f"/t/{link.token}/")
    assert heard == "News: ORDER-1 created\n"
    assert shop.returncode == 0


def test_it_has_thirty_lines_and_few_more() -> None:
    lines = SHOP.read_text().split('"""')[2].splitlines()

    assert len([line for line in lines if line.strip()]) <= 30
