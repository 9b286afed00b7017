"""What a page asks for before it opens the door: the postcode, or a code and how to come by one."""

from dataclasses import dataclass
from datetime import datetime

from django.forms import Form

from tracking.forms import CodeForm, CodeRequestForm, PostcodeForm
from tracking.links import services as links
from tracking.links.models import TrackingLink
from tracking.words import codes


@dataclass(frozen=True, slots=True)
class Asked:
    """What is said, the form that takes the factor, and the one that has a code sent; where it is none, it is not."""

    told: str = ""
    form: Form | None = None
    request: Form | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether somebody is in the midst of it: a code is awaited, or something was refused."""
        return isinstance(self.form, CodeForm) or any(form and form.errors for form in (self.form, self.request))


def ask(link: TrackingLink, *, filled: Form | None, at: datetime) -> Asked:
    """Decide what to ask the holder of a link for; ``filled`` is the form that was refused, if one was.

    At most one query, and none for a link that takes the postcode.
    """
    if link.takes_postcode:
        return Asked(form=filled or PostcodeForm())
    awaited = links.awaited_code(link, at=at)
    typed = filled if isinstance(filled, CodeForm) else None
    return Asked(
        told=codes.sent(link.shipment, awaited) if awaited else codes.offer(),
        form=typed or (CodeForm() if awaited else None),
        request=filled if isinstance(filled, CodeRequestForm) else CodeRequestForm(),
    )
