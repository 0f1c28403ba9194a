"""Every environment variable: name, default, meaning."""

import re
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from ipaddress import IPv4Network, IPv6Network, ip_network
from string import Formatter
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import limits
from pydantic import AfterValidator, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ORIGIN: Final = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
ARTICLE_PLACE: Final = re.compile(r"\{(?:slug|id|language|section)\}")
ADDRESS: Final = rf"{ORIGIN.pattern}/[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*"
ARTICLE_ADDRESS: Final = re.compile(ADDRESS)
PREVIEW_NAMES: Final = ("token", "slug", "language")
IMAGE_NAMES: Final = ("url", "width", "format")
HOST: Final = re.compile(r"(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
REDIS: Final = re.compile(r"rediss?://[^/?#\s]+(?:/[0-9]+)?")
# Files beside the zones of the IANA that are none of them: this machine's own zone, and the lack of one.
_NO_ZONES: Final = {"Factory", "localtime", "posixrules"}


@cache
def zone_names() -> frozenset[str]:
    """The zones of the IANA database that this machine has."""
    return frozenset(available_timezones() - _NO_ZONES)


def _checked_rate(value: str) -> str:
    if not value:
        return value
    try:
        items = limits.parse_many(value)
    except ValueError:
        items = []
    if len(items) != 1 or items[0].amount < 1:
        raise ValueError(f"{value!r} is not one limit such as 600/minute, 20/second or 5000/hour")
    return value


def _place_names(template: str, known: Sequence[str]) -> set[str]:
    """The names of the places in a template, such as `{token}`. Raises: ValueError, for others than the known ones."""
    try:
        places = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(template)]
    except ValueError:
        raise ValueError(f"{template!r} has a brace without its other half") from None
    names = {name for name, *_ in places if name is not None}
    if not names <= {*known} or any(spec or conversion for _, spec, conversion in places):
        *others, last = (f"{{{name}}}" for name in known)
        raise ValueError(f"{template!r} has something else in braces than {', '.join(others)} and {last}")
    return names


RateLimit = Annotated[str, AfterValidator(_checked_rate)]


class Settings(BaseSettings):
    """What an operator may set. Names are the environment variables, upper case or lower."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    database_url: str = Field(
        default="sqlite:///dovidka.db",
        description="sqlite:///relative.db, sqlite:////absolute.db or postgresql://user:password@host/name.",
    )
    database_replica_urls: str = Field(
        default="",
        description="postgresql://… of replicas that public reads may go to, comma-separated; each of one server.",
    )
    timezone: str = Field(default="Europe/Kyiv", description="IANA name of the site's zone: bare dates are read in it.")
    changes_kept_days: int = Field(
        default=0, ge=0, le=100_000, description="Days that the log reaches back; 0: for ever."
    )
    workers: int = Field(default=1, ge=1, le=256, description="Processes that `serve` answers with.")
    database_read_connections: int = Field(
        default=10, ge=1, le=1_000, description="Connections that each process reads through, at most."
    )
    database_write_connections: int = Field(
        default=10, ge=1, le=1_000, description="Connections to PostgreSQL that each process writes through, at most."
    )
    requests_at_most: int = Field(
        default=500, ge=1, description="Requests that each process works on at once; more are refused with 503."
    )
    streams_at_most: int = Field(default=1_000, ge=0, description="Streams of changes open at once, on each process.")
    waits_at_most: int = Field(
        default=1_000, ge=0, description="Requests that wait for news at once, on each process; more are 503."
    )
    rate_limit: RateLimit = Field(
        default="", description="Requests that each address may send, such as 600/minute; empty: any number."
    )
    rate_limit_keyed: RateLimit = Field(
        default="", description="Requests that each API key may send, such as 6000/minute; empty: any number."
    )
    rate_limit_storage: str = Field(
        default="",
        description="redis://[user:password@]host:port/number, where several processes count together; empty: in the"
        " process.",
    )
    trusted_proxies: str = Field(
        default="",
        description="Addresses or networks of your own proxies, comma-separated, whose X-Forwarded-For is believed,"
        " such as 10.0.0.0/8,::1.",
    )
    cors_origins: str = Field(
        default="*",
        description="Origins whose pages may use the API in a browser, comma-separated; *: all, which is safe, since"
        " no browser sends a key by itself.",
    )
    site_name: str = Field(
        default="Dovidka",
        min_length=1,
        description="Who publishes: the name that search engines and agencies are told.",
    )
    site_url: str = Field(
        default="",
        description="Where others reach this server, such as https://news.example; http://localhost and the port by"
        " default. Addresses in renditions begin with it.",
    )
    site_article_url: str = Field(
        default="",
        description="Where the newsroom's own site has a story: an address with {slug}, {id}, {language} or {section},"
        " such as https://news.example/{language}/{slug}; by default the page for readers, without it the address in"
        " this API.",
    )
    site_pages: bool = Field(
        default=True, description="Whether this server has pages for readers; false for the API alone."
    )
    site_license_url: str = Field(
        default="",
        description="The licence of the stories, such as https://creativecommons.org/licenses/by/4.0/: feeds, JSON-LD,"
        " ninjs and /license.xml name it.",
    )
    site_corrections_policy_url: str = Field(
        default="", description="Where the newsroom says how it corrects errors: JSON-LD and ninjs name it."
    )
    site_sources_policy_url: str = Field(
        default="", description="Where the newsroom says when it does not name its sources: JSON-LD and ninjs name it."
    )
    site_ai_policy_url: str = Field(
        default="", description="Where the newsroom says how it uses AI: JSON-LD and ninjs name it."
    )
    websub_hub: str = Field(
        default="",
        description="A WebSub hub, such as https://hub.example/: feeds name it, and it is told when they change.",
    )
    site_preview_url: str = Field(
        default="",
        description="Address of previews on your own site, with {token} and, where it helps, {slug} and {language},"
        " such as https://news.example/{language}/preview?token={token}.",
    )
    image_url_template: str = Field(
        default="",
        description="Where your image resizer has a picture in another width: an address with {url}, the picture's own,"
        " percent-encoded, {width} in pixels and, where it can be chosen, {format} (avif or webp), such as"
        " https://img.example/resize?url={url}&w={width}&as={format}.",
    )
    cache_bytes: int = Field(
        default=67_108_864, ge=0, description="Memory for answers that are kept, in bytes, on each process; 0: none."
    )
    cache_keys_header: Literal["Surrogate-Key", "Cache-Tag", "Edge-Cache-Tag", "xkey"] = Field(
        default="Surrogate-Key", description="The header that carries an answer's purge keys, as your CDN calls it."
    )
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$", description="How much to log.")

    deliver_webhooks: bool = Field(
        default=True, description="Whether this process delivers webhooks; false where other processes do."
    )
    webhook_allowed_hosts: str = Field(
        default="",
        description="Hosts of your own that webhooks may lead to although they are not public, or by http: host or"
        " host:port, comma-separated.",
    )

    @field_validator("site_url")
    @classmethod
    def _origin(cls, url: str) -> str:
        if url and not ORIGIN.fullmatch(url):
            raise ValueError(f"{url!r} is not http:// or https:// and a host alone, such as https://news.example")
        return url

    @field_validator(
        "site_license_url", "site_corrections_policy_url", "site_sources_policy_url", "site_ai_policy_url", "websub_hub"
    )
    @classmethod
    def _address(cls, url: str) -> str:
        if url and not re.fullmatch(ADDRESS, url):
            raise ValueError(f"{url!r} is not an address such as https://news.example/about")
        return url

    @field_validator("site_article_url")
    @classmethod
    def _article_template(cls, template: str) -> str:
        address = ARTICLE_PLACE.sub("x", template)
        if "{" in address or "}" in address:
            raise ValueError(f"{template!r} has another place than {{slug}}, {{id}}, {{language}} and {{section}}")
        if template and (address == template or not ARTICLE_ADDRESS.fullmatch(address)):
            detail = "is not an address with a place for the story, such as https://news.example/{slug}"
            raise ValueError(f"{template!r} {detail}")
        return template

    @property
    def origin(self) -> str:
        """Where others reach this server."""
        return self.site_url or f"http://localhost:{self.port}"

    @field_validator("webhook_allowed_hosts")
    @classmethod
    def _hosts(cls, value: str) -> str:
        for host in filter(None, value.split(",")):
            if not HOST.fullmatch(host):
                raise ValueError(f"{host!r} is not a host, or host:port, such as cache.internal:8080 or [::1]:8080")
        return value

    @property
    def allowed_hosts(self) -> frozenset[str]:
        return frozenset(filter(None, self.webhook_allowed_hosts.split(",")))

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for text in filter(None, value.split(",")):
            try:
                ip_network(text)
            except ValueError:
                detail = "is not an address, or a network without host bits, such as 192.0.2.7, 10.0.0.0/8 or ::1"
                raise ValueError(f"{text!r} {detail}") from None
        return value

    @property
    def trusted_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        return tuple(ip_network(text) for text in self.trusted_proxies.split(",") if text)

    @field_validator("rate_limit_storage")
    @classmethod
    def _redis(cls, value: str) -> str:
        if value and not REDIS.fullmatch(value):  # without the value: it may hold a password
            raise ValueError("is not an address such as redis://localhost:6379/0")
        if value and find_spec("redis") is None:
            raise ValueError("takes the package redis: pip install redis")
        return value

    @model_validator(mode="after")
    def _counted_together(self) -> Self:
        if self.workers > 1 and (self.rate_limit or self.rate_limit_keyed) and not self.rate_limit_storage:
            raise ValueError("several workers would each count for themselves: RATE_LIMIT needs RATE_LIMIT_STORAGE")
        return self

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: str) -> str:
        for origin in () if value == "*" else value.split(","):
            if not ORIGIN.fullmatch(origin):
                detail = "is not an origin as browsers send it, such as https://news.example or http://localhost:3000"
                raise ValueError(f"{origin!r} {detail}; * alone stands for all")
        return value

    @property
    def allowed_origins(self) -> frozenset[str] | None:
        """The origins whose pages may read answers; None for all."""
        return None if self.cors_origins == "*" else frozenset(self.cors_origins.split(","))

    @field_validator("site_preview_url")
    @classmethod
    def _preview_template(cls, value: str) -> str:
        if not value:
            return value
        if "token" not in _place_names(value, PREVIEW_NAMES):
            raise ValueError(f"{value!r} has no {{token}}, by which the site reads the preview")
        url = urlsplit(value.format(**dict.fromkeys(PREVIEW_NAMES, "x")))
        if url.scheme not in {"http", "https"} or not url.hostname or not value.isprintable() or " " in value:
            raise ValueError(f"{value!r} is not an address such as https://news.example/preview?token={{token}}")
        return value

    @field_validator("image_url_template")
    @classmethod
    def _image_template(cls, value: str) -> str:
        if not value:
            return value
        missing = {"url", "width"} - _place_names(value, IMAGE_NAMES)
        if missing:
            names = " and ".join(f"{{{name}}}" for name in sorted(missing))
            raise ValueError(f"{value!r} has no {names}: it takes {{url}} and {{width}}, and may have {{format}}")
        address = value.format(**dict.fromkeys(IMAGE_NAMES, "x"))
        has_host = re.match(rf"{ORIGIN.pattern}/", value)
        # A comma at its end would be read as one between the addresses of a srcset.
        if not has_host or not re.fullmatch(ADDRESS, address) or value.endswith(","):
            detail = "is not an address such as https://img.example/resize?url={url}&w={width}"
            raise ValueError(f"{value!r} {detail}")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in zone_names():
            raise ValueError(f"{name!r} is not an IANA time zone, such as Europe/Kyiv")
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)
