import pytest

from notifications import askers


def say_nothing(question: askers.Asked, text: str, choice: str | None, at: object) -> None:
    return None


def say_thanks(question: askers.Asked, text: str, choice: str | None, at: object) -> str:
    return "Thanks!"


def test_who_registered_a_name_is_found_by_it() -> None:
    askers.register("test_askers.found", say_nothing)

    assert askers.find("test_askers.found") is say_nothing


def test_the_same_asker_may_register_twice_but_nobody_else_under_its_name() -> None:
    askers.register("test_askers.taken", say_nothing)
    askers.register("test_askers.taken", say_nothing)

    with pytest.raises(askers.NameTaken):
        askers.register("test_askers.taken", say_thanks)

    assert askers.find("test_askers.taken") is say_nothing


def test_a_name_that_nobody_registered_is_unknown() -> None:
    with pytest.raises(askers.UnknownAsker):
        askers.find("test_askers.nobody")
