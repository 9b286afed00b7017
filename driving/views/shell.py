"""What makes the page an app: its manifest, and the worker that keeps it and what was done on it without a signal."""

from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from driving.models import DriveLink
from driving.views import entrance
from tracking.views import workers

WORKER: Final = "js/driving_worker.js"
GROUND: Final = "#14171b"


@require_safe
@entrance.with_link
def manifest(request: HttpRequest, link: DriveLink) -> HttpResponse:
    """Describe the page to a phone that puts it on its home screen."""
    address = reverse("driving:page", args=[link.token])
    icon = {"src": static("icons/doorstep.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}
    return JsonResponse(
        {
            "id": address,
            "name": _("Doorstep for drivers"),
            "short_name": _("My round"),
            "start_url": address,
            "scope": address,
            "display": "standalone",
            "background_color": GROUND,
            "theme_color": GROUND,
            "icons": [icon],
        },
        content_type="application/manifest+json",
        json_dumps_params={"ensure_ascii": False},
    )


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """Serve the worker beside the pages it looks after, because it may look after no others."""
    return workers.serve(WORKER)
