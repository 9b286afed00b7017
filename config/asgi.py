"""The ASGI application, for Daphne, uvicorn or any other server: pages for ``http``, live updates for ``websocket``."""

import io
import os
from importlib import import_module

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from channels.routing import ProtocolTypeRouter
from django.core import management
from django.core.asgi import get_asgi_application

# Django first: consumers may only be imported once the apps are ready.
pages = get_asgi_application()

# A half-done configuration ends the process here, with a message, and not a shopper's request.
management.call_command("check", stdout=io.StringIO())

routing = import_module("tracking.routing")

application = ProtocolTypeRouter({"http": pages, "websocket": routing.application})
