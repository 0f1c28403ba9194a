"""What an operator may set about browsers, and what is refused at the start."""

import pytest

from app.settings import Settings


@pytest.mark.parametrize(
    ("value", "origins"),
    [
        ("*", None),
        ("https://news.example", {"https://news.example"}),
        ("https://news.example,http://localhost:3000", {"https://news.example", "http://localhost:3000"}),
        ("http://[::1]:8080", {"http://[::1]:8080"}),
    ],
)
def test_origins_are_all_or_those_that_are_named(value: str, origins: set[str] | None) -> None:
    assert Settings(cors_origins=value).allowed_origins == origins


@pytest.mark.parametrize(
    "value",
    ["", "news.example", "https://news.example/", "https://*.news.example", "HTTPS://News.example", "null",
     "*,https://news.example", "https://news.example, https://other.example", "ftp://news.example"],
)  # fmt: skip
def test_what_is_no_origin_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="is not an origin as browsers send it"):
        Settings(cors_origins=value)


@pytest.mark.parametrize(
    "value",
    ["", "https://news.example/preview?token={token}", "http://localhost:3000/{language}/{slug}?preview={token}"],
)
def test_an_address_of_previews_may_be_set(value: str) -> None:
    assert Settings(site_preview_url=value).site_preview_url == value


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        ("https://news.example/preview", "has no {token}"),
        ("https://news.example/{id}?token={token}", "has something else in braces"),
        ("https://news.example/{token.real}", "has something else in braces"),
        ("https://news.example/{token!r}", "has something else in braces"),
        ("https://news.example/{token:>9}", "has something else in braces"),
        ("https://news.example/{}", "has something else in braces"),
        ("https://news.example/{token", "has a brace without its other half"),
        ("/preview/{token}", "is not an address"),
        ("javascript:alert('{token}')", "is not an address"),
        ("https://news.example/pre view/{token}", "is not an address"),
    ],
)
def test_an_address_of_previews_that_cannot_work_is_refused(value: str, detail: str) -> None:
    with pytest.raises(ValueError, match=detail):
        Settings(site_preview_url=value)
