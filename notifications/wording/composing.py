"""Composing a batch: which words each message takes, which link it leads to, and what is known of its shipment."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from django.conf import settings
from django.urls import reverse

from notifications import texts, unsubscribing
from notifications.models import Notification, Template
from notifications.texts import LANGUAGES, Words
from notifications.triggers import NEWS, Channel, Trigger
from notifications.unsubscribing import Reader
from notifications.wording import values
from notifications.wording.drafts import Draft, Wording, word
from tracking.links import services as links

WITHOUT_LINK: Final = frozenset({Trigger.CODE})
"""Who waits for a code is on the page already; together in one message the two would be all that a thief needs."""

PAGE: Final = "tracking:page"
"""Where a link leads whose message names no other page of its shipment, as ``details["page"]``."""

SAMPLE: Final = "0123456789abcdefghijklmnopqrstuv"
"""As long as a real one."""

Key = tuple[int, str, str, str]
"""Brand, trigger, channel, language."""


def compose(batch: Sequence[Notification], *, at: datetime) -> dict[int, Wording]:
    """Put a batch into words, by the id of each message.

    The rows come with their brand and their shipment's round. Three queries at most, however many rows there are. A
    shipment that has no good link is given one here.
    """
    templates, tokens = _templates(batch), _tokens(batch, at=at)
    return {each.id: word(_draft(each, templates, tokens, at=at)) for each in batch}


def sample(template: Template, *, marker: str) -> Draft:
    """Draft a message in the words of a template, saved or not, about a shipment that is made up."""
    trigger, channel = Trigger(template.trigger), Channel(template.channel)
    language = texts.find(template.language, template.brand.language)
    made_up = values.sample(
        trigger, language, brand=template.brand.name, link=_address(SAMPLE), is_brief=channel is not Channel.EMAIL
    )
    return Draft(
        trigger=trigger,
        channel=channel,
        language=language,
        words=Words(template.subject, template.text),
        values=made_up,
        brand=template.brand,
        marker=marker,
        content_sid=template.content_sid,
    )


def _draft(
    notification: Notification, templates: Mapping[Key, Template], tokens: Mapping[int | None, str], *, at: datetime
) -> Draft:
    trigger, channel, brand = Trigger(notification.trigger), Channel(notification.channel), notification.brand
    if trigger is Trigger.TEST and "text" in notification.details:
        return sample(_tried_out(notification), marker=notification.marker)
    template = _template(notification, templates)
    language = texts.find(*[template.language] if template else [], notification.language, brand.language)
    token = tokens.get(notification.shipment_id)
    link = _address(token, notification.details.get("page", PAGE)) if token else ""
    known = values.know(notification, language, link=link, at=at)
    if template is not None and not texts.fill(template.text, known):
        template = None
    return Draft(
        trigger=trigger,
        channel=channel,
        language=language,
        words=Words(template.subject, template.text) if template else language.of(trigger, channel),
        values=known,
        brand=brand,
        marker=notification.marker,
        content_sid=template.content_sid if template else "",
        unsubscribe_url=_unsubscribe_url(notification),
    )


def _tried_out(notification: Notification) -> Template:
    """Read the words that staff try out, which came with the message."""
    details = notification.details
    return Template(
        brand=notification.brand,
        trigger=details["trigger"],
        channel=notification.channel,
        language=notification.language,
        subject=details["subject"],
        text=details["text"],
    )


def _templates(batch: Collection[Notification]) -> dict[Key, Template]:
    brands, triggers = {each.brand_id for each in batch}, {each.trigger for each in batch}
    found = Template.objects.filter(brand__in=brands, trigger__in=triggers)
    return {(each.brand_id, each.trigger, each.channel, each.language.lower()): each for each in found}


def _template(notification: Notification, templates: Mapping[Key, Template]) -> Template | None:
    """Find the brand's own words, unless ours are in a language that comes first."""
    brand, trigger, channel = notification.brand, notification.trigger, notification.channel
    for code in texts.fall_back(notification.language, brand.language):
        template = templates.get((brand.id, trigger, channel, code))
        if template is not None or code in LANGUAGES:
            return template
    return None


def _tokens(batch: Collection[Notification], *, at: datetime) -> dict[int | None, str]:
    """Give the token of the link to each shipment, where its message may have one."""
    shipments = {
        each.shipment.id: each.shipment for each in batch if each.shipment and each.trigger not in WITHOUT_LINK
    }
    sent = links.for_sending(shipments.values(), at=at) if shipments else {}
    return {shipment_id: link.token for shipment_id, link in sent.items()}


def _address(token: str, page: str = PAGE) -> str:
    return settings.BASE_URL + reverse(page, args=[token])


def _unsubscribe_url(notification: Notification) -> str:
    """Write the address that ends such mails; there is none for what somebody asked for."""
    if notification.channel != Channel.EMAIL or notification.trigger not in NEWS:
        return ""
    return unsubscribing.url(Reader(notification.brand_id, notification.recipient))
