"""The API's part about webhooks: addresses of shops' programs that hear of news, and what became of each piece."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final, Self
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from notifications import destinations
from notifications.destinations import BadDestination
from notifications.models import Delivery, DeliveryState, News, Try, Webhook, WebhookState
from notifications.services import webhooks
from tracking.api import access, fields, paging, problems
from tracking.api.access import Bearer, Keyed
from tracking.api.paging import Page, Paging
from tracking.api.problems import Mistake, Problem, ProblemSaid
from tracking.api.repeating import once
from tracking.api.shapes import Taken
from tracking.keys.models import ApiKey, Scope

ALLOWED: Final = Bearer(Scope.WEBHOOKS)
SCOPES: Final = {News.SURVEY: Scope.SURVEYS_READ}
"""What takes a scope besides to be heard of: that which lets a key read it."""

router = Router(tags=["webhooks"])


class WebhookTaken(Taken):
    """An address that is to hear of news: of all brands of the key, or of one; of some kinds, or of all it may.

    Of answered surveys hears who may read them (``surveys:read``).
    """

    url: Annotated[fields.Text, Field(min_length=1, max_length=destinations.LONGEST)]
    kinds: Annotated[list[News], Field(max_length=10)] = []
    brand: fields.Named = ""


class WebhookSaid(Schema):
    """An address that hears of news. ``why`` says why one is disabled."""

    id: UUID
    url: str
    brand: str | None
    kinds: list[str]
    state: WebhookState
    why: str
    created_at: datetime

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        """Say an address that was fetched with its brand."""
        return cls(
            id=webhook.uid,
            url=webhook.url,
            brand=webhook.brand.slug if webhook.brand else None,
            kinds=webhook.kinds,
            state=WebhookState(webhook.state),
            why=webhook.why,
            created_at=webhook.created_at,
        )


class SecretSaid(Schema):
    """The secret to check signatures with, by Standard Webhooks. It is said this once."""

    secret: str


class RegisteredSaid(WebhookSaid, SecretSaid):
    """An address that was just registered, with its secret."""


class TrySaid(Schema):
    """One attempt to deliver: what was answered, or why nothing was."""

    at: datetime
    milliseconds: int
    status: int | None
    problem: str

    @classmethod
    def of(cls, attempt: Try) -> Self:
        return cls(at=attempt.at, milliseconds=attempt.milliseconds, status=attempt.status, problem=attempt.problem)


class DeliverySaid(Schema):
    """One piece of news for an address; ``id`` is its ``webhook-id`` at each try."""

    id: str
    kind: News
    state: DeliveryState
    created_at: datetime
    due_at: datetime
    tries: list[TrySaid]

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        """Say a piece of news that was fetched with its log."""
        return cls(
            id=f"msg_{delivery.uid.hex}",
            kind=News(delivery.kind),
            state=DeliveryState(delivery.state),
            created_at=delivery.created_at,
            due_at=delivery.due_at,
            tries=[TrySaid.of(attempt) for attempt in delivery.log.all()],
        )


class ReplayedSaid(Schema):
    """How many pieces of news are sent again."""

    replayed: int


class Since(Taken):
    """From when on news is to be sent again."""

    since: fields.Moment


@router.post(
    "/webhooks", auth=ALLOWED, response={201: RegisteredSaid}, summary="Hear of news", operation_id="create_webhook"
)
@once
def register(request: Keyed, taken: WebhookTaken) -> Status[RegisteredSaid]:
    """Have an address hear of news from now on. The answer has the secret to check signatures with, this once."""
    brand = None if request.auth.is_for_all and not taken.brand else access.brand_of(request, taken.brand)
    kinds = _kinds(request.auth, taken.kinds)
    try:
        webhook, secret = webhooks.register(taken.url, brand=brand, kinds=kinds, at=timezone.now())
    except BadDestination as refusal:
        mistakes = [Mistake(where=["body", "url"], what=str(refusal))]
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(refusal), mistakes=mistakes) from refusal
    return Status(201, RegisteredSaid(**WebhookSaid.of(webhook).model_dump(), secret=secret))


@router.get(
    "/webhooks", auth=ALLOWED, response=Page[WebhookSaid], summary="List webhooks", operation_id="list_webhooks"
)
def list_all(request: Keyed, asked: Query[Paging]) -> Page[WebhookSaid]:
    """List the addresses of this key that hear of news, the newest first."""
    rows, following = paging.piece(_of(request), asked)
    return Page[WebhookSaid](items=[WebhookSaid.of(webhook) for webhook in rows], next=following)


@router.get(
    "/webhooks/{webhook_id}", auth=ALLOWED, response=WebhookSaid, summary="Read a webhook", operation_id="read_webhook"
)
def read(request: Keyed, webhook_id: UUID) -> WebhookSaid:
    """Read what an address hears of, and whether it does."""
    return WebhookSaid.of(_find(request, webhook_id))


@router.post(
    "/webhooks/{webhook_id}/pause",
    auth=ALLOWED,
    response=WebhookSaid,
    summary="Let news wait",
    operation_id="pause_webhook",
)
def pause(request: Keyed, webhook_id: UUID) -> WebhookSaid:
    """Let news wait until it is resumed; nothing is lost."""
    webhooks.pause(_find(request, webhook_id))
    return WebhookSaid.of(_find(request, webhook_id))


@router.post(
    "/webhooks/{webhook_id}/resume",
    auth=ALLOWED,
    response=WebhookSaid,
    summary="Let news go on",
    operation_id="resume_webhook",
)
def resume(request: Keyed, webhook_id: UUID) -> WebhookSaid:
    """Let news go on, what has waited first; also to an address that was disabled."""
    webhooks.resume(_find(request, webhook_id))
    return WebhookSaid.of(_find(request, webhook_id))


@router.delete(
    "/webhooks/{webhook_id}",
    auth=ALLOWED,
    response=WebhookSaid,
    summary="Hear of no more news",
    operation_id="disable_webhook",
)
def disable(request: Keyed, webhook_id: UUID) -> WebhookSaid:
    """Tell an address nothing any more. What became of each piece stays to be read."""
    webhooks.disable(_find(request, webhook_id), why="It was disabled by its shop.")
    return WebhookSaid.of(_find(request, webhook_id))


@router.post(
    "/webhooks/{webhook_id}/secret",
    auth=ALLOWED,
    response={201: SecretSaid},
    summary="Change the secret",
    operation_id="rotate_webhook_secret",
)
@once
def rotate(request: Keyed, webhook_id: UUID) -> Status[SecretSaid]:
    """Make another secret, which is said this once; for a day news is signed with the one before too."""
    return Status(201, SecretSaid(secret=webhooks.rotate(_find(request, webhook_id), at=timezone.now())))


@router.post(
    "/webhooks/{webhook_id}/test",
    auth=ALLOWED,
    response={201: DeliverySaid, 409: ProblemSaid},
    summary="Try it out",
    operation_id="test_webhook",
)
@once
def test(request: Keyed, webhook_id: UUID) -> Status[DeliverySaid]:
    """Send an address something that is no news."""
    webhook = _find(request, webhook_id)
    if webhook.state != WebhookState.ACTIVE:
        raise Problem(HTTPStatus.CONFLICT, f"This webhook is {webhook.state}.")
    return Status(201, DeliverySaid.of(webhooks.test(webhook, at=timezone.now())))


@router.get(
    "/webhooks/{webhook_id}/deliveries",
    auth=ALLOWED,
    response=Page[DeliverySaid],
    summary="List what was delivered",
    operation_id="list_deliveries",
)
def deliveries(request: Keyed, webhook_id: UUID, asked: Query[Paging]) -> Page[DeliverySaid]:
    """List the news for an address with each try, the newest first."""
    rows, following = paging.piece(_find(request, webhook_id).deliveries.prefetch_related("log"), asked)
    return Page[DeliverySaid](items=[DeliverySaid.of(delivery) for delivery in rows], next=following)


@router.post(
    "/webhooks/{webhook_id}/replay",
    auth=ALLOWED,
    response={200: ReplayedSaid},
    summary="Send news again",
    operation_id="replay_deliveries",
)
@once
def replay(request: Keyed, webhook_id: UUID, taken: Since) -> Status[ReplayedSaid]:
    """Send all news again that was written since then, whether it was delivered or given up; under the same ids."""
    found = _find(request, webhook_id).deliveries.filter(created_at__gte=taken.since)
    return Status(200, ReplayedSaid(replayed=webhooks.replay(found, at=timezone.now())))


def _kinds(key: ApiKey, wanted: Sequence[News]) -> Sequence[News]:
    """Give the kinds that an address is to hear of; none stands for all, also those to come.

    Raises ``Problem`` where its key may not hear of one.
    """
    closed = {kind: scope for kind, scope in SCOPES.items() if not key.may(scope)}
    for kind in closed.keys() & set(wanted):
        detail = f"This key may not hear of {kind.value}; that takes the scope {closed[kind].value}."
        raise Problem(HTTPStatus.FORBIDDEN, detail)
    return wanted if wanted or not closed else [kind for kind in News if kind not in closed]


def _of(request: Keyed) -> QuerySet[Webhook]:
    known = Webhook.objects.select_related("brand")
    return known if request.auth.is_for_all else known.filter(brand=request.auth.brand)


def _find(request: Keyed, uid: UUID) -> Webhook:
    webhook = _of(request).filter(uid=uid).first()
    if webhook is None:
        raise problems.missing("webhook")
    return webhook
