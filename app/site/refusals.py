"""Refusals of pages as pages: what is not here, what was withdrawn, what cannot be read."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from app.errors import Gone, NotFound, Refusal
from app.site.rendering import HEADERS, render
from app.site.wording import SPOKEN, page_words

# Addresses of programs: their refusals are problems, whoever asks.
PROGRAMS: Final = ("/v1/", "/docs/", "/problems/", "/sample/", "/pages/")


def refusal_page(request: Request, refusal: Refusal) -> Response | None:
    """The refusal of a page as a page; None where the answer is to be a problem.

    An address that nothing has is a page to whoever asks for HTML. No cache keeps the answer, so it may be in the
    language of the browser.
    """
    path = request.scope["path"]
    has_endpoint = getattr(request.scope.get("endpoint"), "__module__", "").startswith("app.site.")
    accepts_html = "text/html" in request.headers.get("accept", "")
    if request.method != "GET" or path.startswith(PROGRAMS) or not (has_endpoint or accepts_html):
        return None
    language = _language(request.headers.get("accept-language", ""))
    words = page_words(language)
    title, text, reason = words["problem"], refusal.detail, None
    if isinstance(refusal, NotFound):
        title, text = words["not_found"], words["not_found_about"]
    elif isinstance(refusal, Gone):
        title, text, reason = words["withdrawn"], words["withdrawn_about"], str(refusal.extra["reason"])
    body = render(
        "refusal.html",
        language=language,
        words=words,
        name=request.app.state.site.name,
        title=title,
        text=text,
        reason=reason,
        refusal=refusal,
    )
    headers = {**HEADERS, "Cache-Control": "no-store", **refusal.headers}
    return Response(body, refusal.status, headers, media_type="text/html")


def _language(header: str) -> str:
    """The first language of Accept-Language that the pages speak; the first of those without one."""
    for part in header.split(","):
        language = part.partition(";")[0].strip().partition("-")[0].lower()
        if language in SPOKEN:
            return language
    return SPOKEN[0]
