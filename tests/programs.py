"""A shop's program, which shows its key and speaks JSON, and what it makes of a refusal."""

from typing import Any

from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from tests.factories import NOON
from tracking import connection
from tracking.keys import services as keys
from tracking.keys.models import Scope
from tracking.shipments.models import Brand


class Program:
    """A shop's program, or one of the whole installation where it has no brand."""

    def __init__(self, brand: Brand | None, *scopes: Scope) -> None:
        self._client = Client()
        self.key, secret = keys.issue("test", scopes=scopes, brand=brand, is_for_all=brand is None, at=NOON)
        self._headers = {"Authorization": f"Bearer {secret}"}

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Any:
        return self._client.get(f"/api/v1{path}", query, headers=self._headers | headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send("post", path, body, headers)

    def put(self, path: str, body: Any) -> Any:
        return self._send("put", path, body, {})

    def delete(self, path: str) -> Any:
        return self._client.delete(f"/api/v1{path}", headers=self._headers)

    def post_on_a_loop(self, path: str, body: Any) -> Any:
        """Post where the request is answered on an event loop, as by Daphne; what it opens is closed after."""

        async def post() -> Any:
            headers = self._headers
            answer = await AsyncClient().post(f"/api/v1{path}", body, content_type="application/json", headers=headers)
            await connection.close()
            return answer

        return async_to_sync(post)()

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        known = {key.replace("_", "-"): value for key, value in headers.items()}
        send = getattr(self._client, method)
        return send(f"/api/v1{path}", body, content_type="application/json", headers=self._headers | known)


def problem(response: Any, status: int) -> dict[str, Any]:
    """Check that an answer is a problem of this status; gives it."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    said: dict[str, Any] = response.json()
    assert said["status"] == status
    return said
