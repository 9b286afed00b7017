import pytest

from tracking import origins
from tracking.origins import NoOrigin


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https://shop.example", "https://shop.example"),
        (" https://Shop.Example/ ", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("https://shop.example:8443", "https://shop.example:8443"),
        ("https://päivänsäde.example", "https://xn--pivnsde-5wacc.example"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://shop.localhost", "http://shop.localhost"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
    ],
)
def test_an_origin_is_read_as_a_browser_writes_it(written: str, read: str) -> None:
    assert origins.read(written) == read
    assert origins.read(read) == read


@pytest.mark.parametrize(
    "written",
    [
        "",
        "shop.example",
        "https://",
        "https://*",
        "https://*.shop.example",
        "https://shop.example/order",
        "https://shop.example?a",
        "https://shop.example#a",
        "https://maija@shop.example",
        "https://shop.example:http",
        "https://shop.example:99999",
        "https://shop_.example",
        "https://shop..example",
        "https://[::1]",
        "https://shop.example; script-src *",
        "https://shop.example,https://other.example",
        "https://shop.example 'unsafe-inline'",
        "https://" + "a" * 300 + ".example",
        "http://shop.example",
        "ftp://localhost",
        "javascript:alert(1)",
        "null",
        "'self'",
        "\x00",
        "https://\x00.example",
    ],
)
def test_what_is_no_origin_never_comes_into_a_policy(written: str) -> None:
    with pytest.raises(NoOrigin):
        origins.read(written)
