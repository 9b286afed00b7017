"""What machines ask: whether this process is alive, and whether it can serve."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tracking.live import connection as live


@require_safe
async def alive(request: HttpRequest) -> HttpResponse:
    """Answer, which is all that a process that hangs could not do."""
    return HttpResponse("alive\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Say which of the parts that a page needs can be reached; 503 where one cannot."""
    parts = {"database": _is_database_there(), "redis": _is_redis_there()}
    return JsonResponse(
        {name: "ok" if is_there else "away" for name, is_there in parts.items()},
        status=200 if all(parts.values()) else 503,
    )


def _is_database_there() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _is_redis_there() -> bool:
    try:
        live.sync_client().ping()
    except live.Away:
        return False
    return True
