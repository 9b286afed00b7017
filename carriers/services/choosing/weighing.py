"""The only writer of what brands look at."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import transaction

from carriers.models.choices import Weighing
from tracking.shipments.models import Brand

FIELDS: Final = ("is_on", "cost", "on_window", "satisfaction", "claims", "co2", "capacity", "dear", "dirty_g")


class Changed(NamedTuple):
    """What a brand looked at before, as far as anybody had said, and what it looks at now, field by field."""

    before: dict[str, str]
    after: dict[str, str]


@transaction.atomic
def weigh(brand: Brand, given: Mapping[str, Any], *, at: datetime) -> Changed:
    """Let a brand look at this from now on; what is chosen already stays as it is.

    Raises ``django.db.IntegrityError`` where the weights are not parts of a hundred.
    """
    known = Weighing.objects.select_for_update().filter(brand=brand).first()
    values = {field: given[field] for field in FIELDS}
    after, _ = Weighing.objects.update_or_create(brand=brand, defaults={**values, "changed_at": at})
    return Changed(_written(known) if known else {}, _written(after))


def _written(weighing: Weighing) -> dict[str, str]:
    return {field: str(getattr(weighing, field)) for field in FIELDS}
