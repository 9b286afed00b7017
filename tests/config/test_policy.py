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
    }


def test_a_tile_provider_may_send_pictures() -> None:
    directives = policy.content_security("https://track.example", "https://{s}.tiles.example/{z}/{x}/{y}.png")

    assert directives["img-src"] == ["'self'", "https://*.tiles.example"]


def test_sockets_without_https_are_plain_ones() -> None:
    assert policy.content_security("http://127.0.0.1:8000", "")["connect-src"] == ["'self'", "ws://127.0.0.1:8000"]
