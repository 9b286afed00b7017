import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from carriers import countries
from carriers.models import Contract
from desk.models import Role
from tests.carriers.bookable import make_contract
from tests.factories import make_member

FIELDS = ("account", "carrier", "parcel_mass_g", "sender", "street", "postcode", "city")


def test_every_country_has_two_capital_letters() -> None:
    assert len(countries.codes()) == 249
    assert {len(code) for code in countries.codes()} == {2}
    assert {"FI", "AX", "GB", "US"} < countries.codes()


@pytest.mark.parametrize("code", ["UK", "EU", "ZZ", "fi", "F", "FIN", ""])
def test_what_is_no_country_is_refused(code: str) -> None:
    with pytest.raises(ValidationError, match="like FI"):
        countries.require_code(code)


@pytest.mark.django_db
@pytest.mark.sqlite
def test_a_contract_names_a_country_that_there_is(client: Client) -> None:
    contract = make_contract("http://127.0.0.1:1")
    client.force_login(make_member(Role.ADMIN))
    address = reverse("admin:carriers_contract_change", args=[contract.pk])
    given = {name: contract.serializable_value(name) for name in FIELDS}

    refused = client.post(address, {**given, "country": "UK"})

    assert refused.context["errors"] == [["A country is its two letters of ISO 3166, like FI."]]
    assert Contract.objects.get().country == "FI"

    assert client.post(address, {**given, "country": "SE"}).status_code == 302
    assert Contract.objects.get().country == "SE"
