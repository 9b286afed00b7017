import pytest

from config import policy


def test_a_page_loads_our_own_files_and_nothing_else() -> None:
    assert policy.content_security("https://track.example", "") == {
        "default-src": ["'none'"],
        "base-uri": ["'none'"],
        "connect-src": ["'self'", "wss://track.example"],
        "font-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "img-src": ["'self'"],
        "manifest-src": ["'self'"],
        "object-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "worker-src": ["'self'"],
    }


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("tiles.example:8443", "tiles.example:8443"),
        ("{s}.tiles.example", "*.tiles.example"),
        ("tile-{s}.maps.example", "*.maps.example"),
    ],
)
def test_a_tile_provider_may_send_pictures(host: str, allowed: str) -> None:
    directives = policy.content_security("https://track.example", f"https://{host}/{{z}}/{{x}}/{{y}}.png")

    assert directives["img-src"] == ["'self'", f"https://{allowed}"]


def test_sockets_without_https_are_plain_ones() -> None:
    assert policy.content_security("http://127.0.0.1:8000", "")["connect-src"] == ["'self'", "ws://127.0.0.1:8000"]
