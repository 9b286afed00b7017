import pytest
from django.test import Client, RequestFactory
from django.views import defaults


@pytest.mark.parametrize("address", ["/nowhere", "/t/", "/t/a/b/c/"])
def test_an_address_that_does_not_exist_says_so_in_words(client: Client, address: str) -> None:
    response = client.get(address)

    assert response.status_code == 404
    assert "This link leads nowhere" in response.content.decode()
    assert "Find your delivery" in response.content.decode()


def test_our_own_mistake_says_so_without_needing_anything_that_may_be_broken() -> None:
    response = defaults.server_error(RequestFactory().get("/"))

    assert response.status_code == 500
    assert "Something broke on our side" in response.content.decode()
