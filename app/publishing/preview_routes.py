"""The answer of the routes that make previews."""

from datetime import timedelta

from fastapi import Request
from fastapi.responses import Response
from pydantic_core import from_json, to_json

from app.changes.models import Noun
from app.content.lifecycle import PreviewIn
from app.db import utcnow
from app.publishing import previews
from app.web.caching import PRIVATE
from app.web.fields import format_instant


def preview_response(request: Request, noun: Noun, ref: str, document: str, body: PreviewIn) -> Response:
    """The address of a preview of this object, and when it expires.

    `url` is one of the newsroom's own site where SITE_PREVIEW_URL says how it is made; `Location` is that of the API.
    """
    expires_at = utcnow() + timedelta(seconds=body.expires_in_seconds)
    token = previews.token_for(request.app.state.secret, noun, ref, document, expires_at)
    location = f"/v1/previews/{token}"
    template, fields = request.app.state.settings.site_preview_url, from_json(document)
    url = template.format(token=token, slug=fields["slug"], language=fields["language"]) if template else location
    return Response(
        to_json({"url": url, "expires_at": format_instant(expires_at)}),
        201,
        {"Location": location, "Cache-Control": PRIVATE},
        media_type="application/json",
    )
