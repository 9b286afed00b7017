"""A browser's wish to be told of a delivery, and the worker that shows what it is told."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from notifications.gateways import push
from notifications.services import subscriptions
from notifications.services.subscriptions import NotASubscription, TooManySubscriptions
from tracking.links.models import TrackingLink
from tracking.views import entrance, workers

LARGEST: Final = 4096
WORKER: Final = "js/service_worker.js"


@require_http_methods(["POST", "DELETE"])
@entrance.with_link
def subscription(request: HttpRequest, link: TrackingLink) -> HttpResponse:
    """Take a subscription as ``PushSubscription.toJSON`` writes it; a ``DELETE`` with the same ends it."""
    if not push.public_key():
        return _refuse(404, _("Nothing is pushed from here."))
    try:
        told = _read(request)
        if request.method == "DELETE":
            subscriptions.unsubscribe(link.shipment, endpoint=told["endpoint"], at=timezone.now())
        else:
            subscriptions.subscribe(link.shipment, **told, language=link.shipment.reader_language, at=timezone.now())
    except NotASubscription:
        return _refuse(422, _("This is no subscription of a browser that we know."))
    except TooManySubscriptions:
        return _refuse(409, _("Enough devices are told of this delivery already."))
    return HttpResponse(status=204)


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """Serve the worker at the root, because a worker may only look after what lies below it."""
    response = workers.serve(WORKER)
    response["Service-Worker-Allowed"] = "/"
    return response


def _read(request: HttpRequest) -> dict[str, str]:
    """Read the parts of a subscription.

    Raises ``NotASubscription`` where there are none.
    """
    if len(request.body) > LARGEST:
        raise NotASubscription
    try:
        told = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise NotASubscription from error
    keys = _mapping(_mapping(told).get("keys"))
    parts = {"endpoint": _mapping(told).get("endpoint"), "p256dh": keys.get("p256dh"), "auth": keys.get("auth")}
    if not all(isinstance(part, str) for part in parts.values()):
        raise NotASubscription
    return {name: str(part) for name, part in parts.items()}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _refuse(status: int, told: str) -> JsonResponse:
    return JsonResponse({"error": told}, status=status, json_dumps_params={"ensure_ascii": False})
