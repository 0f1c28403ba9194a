"""Every environment variable: name, default, meaning."""

import re
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

HOST: Final = re.compile(r"(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


class Settings(BaseSettings):
    """What an operator may set. Names are the environment variables, upper case or lower."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    database_url: str = Field(
        default="sqlite:///dovidka.db",
        description="sqlite:///relative.db, sqlite:////absolute.db or postgresql://user:password@host/name.",
    )
    timezone: str = Field(default="Europe/Kyiv", description="IANA name of the site's zone: bare dates are read in it.")
    changes_kept_days: int = Field(
        default=0, ge=0, le=100_000, description="Days that the log reaches back; 0: for ever."
    )
    streams_at_most: int = Field(default=1_000, ge=0, description="Streams of changes open at once, on each server.")
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$", description="How much to log.")

    deliver_webhooks: bool = Field(
        default=True, description="Whether this process delivers webhooks; false where other processes do."
    )
    webhook_allowed_hosts: str = Field(
        default="",
        description="Hosts of your own that webhooks may lead to although they are not public, or by http: host or"
        " host:port, comma-separated.",
    )

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

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"{name!r} is not an IANA time zone, such as Europe/Kyiv")
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)
