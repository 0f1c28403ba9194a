"""A client for Dovidka, a content API for newsrooms: typed, sync and async."""

from dovidka_client._async import AsyncClient
from dovidka_client._calls import Cache, CacheEntry
from dovidka_client._problem import Forbidden, Problem, Stale, Trimmed, Withdrawn
from dovidka_client._render import render_blocks
from dovidka_client._sync import Client
from dovidka_client._webhook import WebhookRefused, verify_webhook

__all__ = [
    "AsyncClient",
    "Cache",
    "CacheEntry",
    "Client",
    "Forbidden",
    "Problem",
    "Stale",
    "Trimmed",
    "WebhookRefused",
    "Withdrawn",
    "render_blocks",
    "verify_webhook",
]
