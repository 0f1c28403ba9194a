"""Settings of addresses: what is no address, or has no place for the story, is refused at start."""

import pytest
from pydantic import ValidationError

from app.settings import Settings


def test_without_a_setting_addresses_are_those_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SITE_URL")
    assert Settings(port=8123).origin == "http://localhost:8123"


@pytest.mark.parametrize("value", ["https://news.example", "http://[::1]:8000"])
def test_an_origin_is_taken(value: str) -> None:
    assert Settings(site_url=value).origin == value


@pytest.mark.parametrize("value", ["news.example", "https://news.example/", "https://news.example/api", "ftp://x"])
def test_what_is_no_origin_is_refused(value: str) -> None:
    with pytest.raises(ValidationError, match="a host alone"):
        Settings(site_url=value)


@pytest.mark.parametrize("value", ["", "https://a.example/{language}/{section}/{slug}", "https://a.example/?id={id}"])
def test_a_template_is_taken(value: str) -> None:
    assert Settings(site_article_url=value).site_article_url == value


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("https://a.example/story", "a place for the story"),
        ("/story/{slug}", "is not an address"),
        ("https://{slug}", "is not an address"),
        ("https://a.example/<{slug}>", "is not an address"),
        ("https://a.example/{headline}", "another place than"),
        ("https://a.example/{slug.__class__}", "another place than"),
        ("https://a.example/{slug!r}", "another place than"),
        ("https://a.example/{slug", "another place than"),
        ("https://a.example/{}", "another place than"),
    ],
)
def test_what_is_no_template_is_refused(value: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Settings(site_article_url=value)


@pytest.mark.parametrize(
    "value",
    ["", "https://img.example/{width}/{url}", "https://img.example/cdn/width={width},format={format}/{url}"],
)
def test_a_template_of_pictures_is_taken(value: str) -> None:
    assert Settings(image_url_template=value).image_url_template == value


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("https://img.example/?w={width}", r"has no \{url\}: it takes \{url\} and \{width\}"),
        ("https://img.example/{url}", r"has no \{width\}"),
        ("https://img.example/", r"has no \{url\} and \{width\}"),
        ("https://img.example/{url}/{width}/{height}", r"something else in braces than \{url\}, \{width\} and"),
        ("https://img.example/{url!r}/{width}", "something else in braces"),
        ("https://img.example/{url}/{width", "a brace without its other half"),
        ("/resize/{url}/{width}", "is not an address"),
        ("https://img.example/{url} {width}", "is not an address"),
        ("https://{url}/{width}", "is not an address"),
        ("https://img.example/{url}/{width},", "is not an address"),
    ],
)
def test_what_is_no_template_of_pictures_is_refused(value: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Settings(image_url_template=value)
