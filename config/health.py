"""What machines ask: whether this process is alive, and whether it can serve."""

import asyncio
from collections.abc import Callable
from typing import Final

from channels.db import database_sync_to_async
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tracking import connection as live

PATIENCE_SECONDS: Final = 3.0
"""After which a part that neither answers nor refuses counts as away."""


@require_safe
async def alive(request: HttpRequest) -> HttpResponse:
    """Answer, which is all that a process that hangs could not do."""
    return HttpResponse("alive\n", content_type="text/plain")


@never_cache
@require_safe
async def ready(request: HttpRequest) -> JsonResponse:
    """Say which of the parts that a page needs can be reached; 503 where one cannot."""
    parts = {"database": await _answers(_ask_database), "redis": await _answers(_ask_redis)}
    return JsonResponse(
        {name: "ok" if is_there else "away" for name, is_there in parts.items()},
        status=200 if all(parts.values()) else 503,
    )


async def _answers(ask: Callable[[], object]) -> bool:
    """Ask in a thread, which is left behind where it hangs."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await database_sync_to_async(ask, thread_sensitive=False)()
    except (DatabaseError, TimeoutError, *live.Away):
        return False
    return True


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_redis() -> None:
    live.sync_client().ping()
