"""The ASGI application, for Daphne, uvicorn or any other server: pages, and live updates of open ones."""

import io
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from channels.routing import ProtocolTypeRouter
from django.core import management
from django.core.asgi import get_asgi_application

# Before the routing: what it leads to may only be imported once the apps are ready.
pages = get_asgi_application()

from tracking import routing

# A half-done configuration ends the process here, with a message, and not a shopper's request.
management.call_command("check", stdout=io.StringIO())

application = ProtocolTypeRouter({"http": pages, "websocket": routing.application})
