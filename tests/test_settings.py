"""What an operator may set, and what is refused at the start."""

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


@pytest.mark.parametrize("value", ["600/minute", "5 per 2 hours", "20/second", ""])
def test_a_limit_is_a_number_in_a_time(value: str) -> None:
    assert Settings(rate_limit=value, rate_limit_keyed=value).rate_limit == value


@pytest.mark.parametrize("value", ["600", "0/minute", "-1/minute", "600/fortnight", "5/minute;9/hour", "minute/600"])
@pytest.mark.parametrize("name", ["rate_limit", "rate_limit_keyed"])
def test_what_is_no_limit_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="is not one limit such as 600/minute") as refused:
        Settings.model_validate({name: value})
    assert name in str(refused.value)


@pytest.mark.parametrize("value", ["localhost:6379", "memcached://localhost", "redis://", "redis://localhost/x y"])
def test_counters_are_shared_by_redis_alone(value: str) -> None:
    with pytest.raises(ValueError, match="is not an address such as redis://localhost:6379/0"):
        Settings(rate_limit_storage=value)


def test_workers_that_would_each_count_for_themselves_are_refused() -> None:
    with pytest.raises(ValueError, match="RATE_LIMIT needs RATE_LIMIT_STORAGE"):
        Settings(workers=2, rate_limit="600/minute")
    shared = Settings(workers=2, rate_limit="600/minute", rate_limit_storage="redis://localhost:6379")
    assert (shared.workers, Settings(workers=2).workers) == (2, 2)


@pytest.mark.parametrize("value", ["10.0.0.1/8", "proxy.example", "10.0.0.0/33", "10.0.0.1, 10.0.0.2", "*"])
def test_what_is_no_address_of_a_proxy_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="is not an address, or a network without host bits"):
        Settings(trusted_proxies=value)
