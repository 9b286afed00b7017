"""What shoppers thought, as news for their shops' programs: each time somebody says it or changes it.

Their own words are left out: who may read those asks the API, whose keys have a scope for them.
"""

from datetime import datetime
from typing import Final

from feedback.models import RatingVersion
from notifications.models import News
from notifications.services import webhooks
from notifications.services.webhooks import Piece, Table


def sweep(*, at: datetime) -> int:
    """Write down all answers that are not yet; gives for how many addresses. Twice is harmless, also at once."""
    return webhooks.sweep(ANSWERS, at=at)


def _piece(version: RatingVersion) -> Piece:
    rating = version.rating
    said = {
        "score": version.score,
        "reasons": version.reasons,
        "recommends": version.recommends,
        "source": version.source,
        "rated_at": rating.rated_at.isoformat(),
        "changed_at": version.at.isoformat(),
    }
    return Piece(News.SURVEY, f"{ANSWERS.name}:{version.id}", version.at, rating.shipment, {"survey": said})


ANSWERS: Final = Table("answer", lambda: RatingVersion.objects.select_related("rating__shipment__brand"), _piece)
