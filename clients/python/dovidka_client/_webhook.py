"""Whether a webhook is from the server. Source: Standard Webhooks, "Signature scheme"."""

import base64
import hmac
import json
import time
from collections.abc import Mapping

from dovidka_client._models import WebhookEvent, WebhookTestEvent

TOLERANCE_SECONDS = 300


class WebhookRefused(Exception):
    """The request is not one that the server has just sent: answer 400 or 401, and do nothing."""


def verify_webhook(body: bytes, headers: Mapping[str, str], secret: str) -> WebhookEvent | WebhookTestEvent:
    """The event in the body of a webhook; `op` is `test` for one that was sent to try the receiver.

    `body` is the body as it came, `secret` begins with `whsec_`. Raises: WebhookRefused.
    """
    names = {name.lower(): value for name, value in headers.items()}
    try:
        id, sent_at = names["webhook-id"], names["webhook-timestamp"]
        signatures = names["webhook-signature"].split(" ")
        age = abs(time.time() - int(sent_at))
    except (KeyError, ValueError):
        message = "One of webhook-id, webhook-timestamp and webhook-signature is missing, or not as it should be."
        raise WebhookRefused(message) from None
    if age > TOLERANCE_SECONDS:
        raise WebhookRefused("It was not sent just now.")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    code = hmac.digest(key, f"{id}.{sent_at}.".encode() + body, "sha256")
    own = b"v1," + base64.b64encode(code)
    if not any(hmac.compare_digest(own, signature.encode()) for signature in signatures):
        raise WebhookRefused("No signature is that of the secret.")
    event: WebhookEvent | WebhookTestEvent = json.loads(body)
    return event
