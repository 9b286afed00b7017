import statistics
import time
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest

from carriers.models import Letter, LetterState
from tests import servers
from tests.chaos import partner
from tests.chaos.fleet import Fleet
from tests.chaos.partner import Story
from tests.chaos.sizes import Report, Size, sized
from tracking.shipments.models import Parcel, StatusEvent

PER_S = 200
LATEST_ANSWER_S = 0.5
LATEST_READING_S = 180


@pytest.fixture
def site(fleet: Fleet) -> Iterator[str]:
    with servers.web("daphne", fleet.environment) as server:
        yield server.url


def _read() -> int:
    return Letter.objects.filter(state=LetterState.READ).count()


def _tally(story: Story) -> Mapping[str, int]:
    """Hold what is written down against what was said."""
    stands = dict(Parcel.objects.values_list("number", "status"))
    written = Counter(StatusEvent.objects.values_list("parcel__number", "external_id"))
    return {
        "kept": Letter.objects.count(),
        "lost": story.distinct - len(written),
        "doubled": written.total() - len(written),
        "wrong": sum(stands[number] != status for number, status in story.ends.items()),
    }


def _p99_ms(seconds: list[float]) -> int:
    return round(statistics.quantiles(seconds, n=100)[-1] * 1000)


@sized(short=(100, 1), full=(12_000, 1))
def test_a_burst_of_letters_is_answered_at_once_and_ends_in_the_newest_state(
    fleet: Fleet, site: str, report: Report, size: Size
) -> None:
    partner.make_account()
    story = partner.tell(size.messages)
    fleet.run(size)

    begun_at = time.monotonic()
    statuses, seconds = partner.send(site, story.letters, per_s=PER_S)
    sent_after = time.monotonic() - begun_at
    fleet.until(lambda: _read() == story.distinct, seconds=600, what="read")

    found = _tally(story)
    figures = {"p99_ms": _p99_ms(seconds), "per_s": round(len(statuses) / sent_after)}
    report("CHAOS-16", **figures, read_after_s=round(time.monotonic() - begun_at - sent_after, 1), **found)
    assert Counter(statuses) == {200: size.messages}
    assert found == {"kept": story.distinct, "lost": 0, "doubled": 0, "wrong": 0}
    assert figures["p99_ms"] <= LATEST_ANSWER_S * 1000 or not size.is_full


@sized(short=(100, 1), full=(12_000, 1))
def test_letters_that_come_while_no_worker_is_there_are_kept_and_read_when_one_is(
    fleet: Fleet, site: str, report: Report, size: Size
) -> None:
    partner.make_account()
    story = partner.tell(size.messages)
    fleet.run(size)

    with fleet.standstill():
        statuses, seconds = partner.send(site, story.letters, per_s=PER_S)
        kept, read_before = Letter.objects.count(), _read()
    read_after = fleet.until(lambda: _read() == story.distinct, seconds=900, what="read")

    found = _tally(story)
    report("CHAOS-17", p99_ms=_p99_ms(seconds), read_after_s=round(read_after, 1), **found)
    assert Counter(statuses) == {200: size.messages}
    assert (kept, read_before) == (story.distinct, 0)
    assert found == {"kept": story.distinct, "lost": 0, "doubled": 0, "wrong": 0}
    assert read_after <= LATEST_READING_S or not size.is_full
