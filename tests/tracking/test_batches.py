"""Doing together what many ask for at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from asgiref.sync import async_to_sync

from tracking.batches import Batches


class Spoilt(Exception):
    """What an item, or a whole batch, may come to."""


class Halver:
    """Halves numbers, a batch at a time; odd ones go wrong, each by itself, and a zero spoils all that came with it."""

    def __init__(self) -> None:
        self.done: list[Sequence[int]] = []
        self.may_go = asyncio.Event()
        self.may_go.set()

    async def halve(self, numbers: Sequence[int]) -> list[int | Exception]:
        await self.may_go.wait()
        self.done.append(numbers)
        if 0 in numbers:
            raise Spoilt("zero")
        return [Spoilt(str(number)) if number % 2 else number // 2 for number in numbers]


def run(play: Callable[[], Awaitable[None]]) -> None:
    async_to_sync(play)()


def test_each_gets_its_own_answer_or_its_own_error() -> None:
    async def play() -> None:
        batches = Batches[int, int](Halver().halve, most=10)

        answers = await asyncio.gather(*map(batches.ask, [2, 3, 4]), return_exceptions=True)

        assert [str(answer) for answer in answers] == ["1", "3", "2"]
        assert isinstance(answers[1], Spoilt)

    run(play)


def test_what_comes_while_a_batch_is_under_way_is_the_next_one_and_none_is_too_large() -> None:
    async def play() -> None:
        halver = Halver()
        halver.may_go.clear()
        batches = Batches[int, int](halver.halve, most=3)
        first = asyncio.create_task(batches.ask(2))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        later = [asyncio.create_task(batches.ask(number)) for number in (4, 6, 8, 10)]
        await asyncio.sleep(0)

        halver.may_go.set()

        assert await asyncio.gather(first, *later) == [1, 2, 3, 4, 5]
        assert halver.done == [[2], [4, 6, 8], [10]]

    run(play)


def test_what_gathers_for_a_while_is_one_batch() -> None:
    async def play() -> None:
        halver = Halver()
        batches = Batches[int, int](halver.halve, most=10, gathers_seconds=0.05)
        first = asyncio.create_task(batches.ask(2))
        await asyncio.sleep(0)
        second = asyncio.create_task(batches.ask(4))

        assert [await first, await second] == [1, 2]
        assert halver.done == [[2, 4]]

    run(play)


def test_a_batch_that_fails_as_a_whole_fails_for_each_and_the_next_one_does_not() -> None:
    async def play() -> None:
        batches = Batches[int, int](Halver().halve, most=10)

        answers = await asyncio.gather(batches.ask(0), batches.ask(2), return_exceptions=True)

        assert [type(answer) for answer in answers] == [Spoilt, Spoilt]
        assert await batches.ask(4) == 2

    run(play)


def test_who_goes_away_takes_nobody_along() -> None:
    async def play() -> None:
        halver = Halver()
        halver.may_go.clear()
        batches = Batches[int, int](halver.halve, most=10)
        gone = asyncio.create_task(batches.ask(2))
        await asyncio.sleep(0)
        stays = asyncio.create_task(batches.ask(4))
        await asyncio.sleep(0)

        gone.cancel()
        halver.may_go.set()

        assert await stays == 2
        with pytest.raises(asyncio.CancelledError):
            await gone
        assert sorted(number for batch in halver.done for number in batch) == [2, 4]

    run(play)
