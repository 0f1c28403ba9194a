"""Refusals as application/problem+json, and the pages that explain them. Source: RFC 9457."""

import html
from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from pydantic import MISSING, BaseModel, Field
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from app.errors import CATALOGUE, Gone, Invalid, MethodNotAllowed, NotFound, Refusal
from app.web.caching import caching_headers
from app.web.faults import faults, sentence
from app.web.parameters import strict_query

MEDIA_TYPE: Final = "application/problem+json"
# For pages and drawings that only need their own styles.
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
# Writes the refusal of a page that people read; gives None where the answer is to be a problem.
RefusalPage = Callable[[Request, Refusal], Response | None]
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


class ProblemFault(BaseModel):
    """One thing that was wrong: with a parameter, or at a pointer into the body."""

    parameter: str | MISSING = Field(default=MISSING, description="Name of a query, path or header parameter.")
    pointer: str | MISSING = Field(default=MISSING, description="JSON pointer (RFC 6901) into the body.")
    code: str = Field(description="Stable for ever.")
    detail: str = Field(description="What was wrong, in words.")
    allowed: list[str] | MISSING = Field(default=MISSING, description="What would be right, where that can be listed.")


class Problem(BaseModel):
    """A problem details object. Source: RFC 9457."""

    type: str = Field(description="A page that explains this kind of problem.", examples=["/problems/not-found"])
    title: str = Field(description="What kind of problem this is, in words.")
    status: int = Field(description="The HTTP status.", ge=400, le=599)
    detail: str = Field(description="What happened here.")
    code: str = Field(description="The kind of problem: stable for ever, so test for this.")
    request_id: str = Field(description="The value of `X-Request-ID`.")
    errors: list[ProblemFault] = Field(description="Each thing that was wrong; empty where it is no matter of input.")


class ForbiddenProblem(Problem):
    """What the key would have to open."""

    scope: str = Field(description="The scope that the key lacks.", examples=["keys"])


class StaleProblem(Problem):
    """Which revision is there now."""

    revision: int | None = Field(description="The present revision; null where nothing is there.")


class TrimmedProblem(Problem):
    """From where the log is to be followed, once the lists have been read anew."""

    head: int = Field(description="The last position there was before.")


class ObjectAddress(BaseModel):
    """Where an article or a note is found now."""

    id: str | None = Field(description="Id of the article; null for a note, which has only its slug.")
    slug: str = Field(description="Its present name in addresses.")
    language: str = Field(description="BCP 47.")


class WithdrawnProblem(Problem):
    """What may be said of something that was taken down."""

    reason: str = Field(
        description="Why, in a word: legal, privacy, rights, error, embargo, expired or other.", examples=["legal"]
    )
    public_note: str | None = Field(description="What is said of it to the public.")
    replacement: ObjectAddress | None = Field(description="What to read instead, while it is public.")


def problem(refusal: Refusal, request_id: str) -> Response:
    """The refusal as a response, which caches must not store: what is absent now may exist a moment later."""
    document: dict[str, Any] = {
        "type": f"/problems/{refusal.code}",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail,
        "code": refusal.code,
        "request_id": request_id,
        "errors": [fault.document() for fault in refusal.faults],
        **refusal.extra,
    }
    headers = {"Cache-Control": "no-store", **refusal.headers}
    return Response(to_json(document), refusal.status, headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Turns every error of the app into a problem, or a page, and serves /problems/{code}."""

    async def answer(request: Request, error: Exception) -> Response:
        return refused(request, error)

    for kind in (Refusal, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, answer)
    app.include_router(router)


def refused(request: Request, error: Exception) -> Response:
    """The answer to the error: a page where the application has one for it (`state.refusal_page`), else a problem.

    What is gone may be cached as a problem: the log tells when that changes.
    """
    refusal = _refusal_of(request, error)
    write_page: RefusalPage | None = getattr(request.app.state, "refusal_page", None)
    if write_page is not None and (page := write_page(request, refusal)) is not None:
        return page
    response = problem(refusal, str(request.scope.get("request_id", "")))
    if isinstance(refusal, Gone):
        response.headers.update(caching_headers(request, refusal.names))
    return response


def _refusal_of(request: Request, error: Exception) -> Refusal:
    """The framework raises HTTPException if no route fits the path (404) or the method (405)."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, RequestValidationError):
        input_faults = faults(error.errors())
        return Invalid(sentence(input_faults), *input_faults)
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        allow = {"Allow": _allowed_methods(request, error)}
        return MethodNotAllowed(f"{request.method} does not work here.", headers=allow)
    return NotFound("There is nothing at this address.")


def _allowed_methods(request: Request, error: HTTPException) -> str:
    """The value of Allow: the methods of all routes at the path. The framework names those of the first route only."""
    methods = {method for method in (error.headers or {}).get("Allow", "").split(", ") if method}
    for route in request.app.routes:
        if route.matches(request.scope)[0] is Match.PARTIAL:
            methods |= {name for name in METHODS if route.matches({**request.scope, "method": name})[0] is Match.FULL}
    return ", ".join(sorted({*methods, "HEAD"} if "GET" in methods else methods))


router = APIRouter()


@router.get("/problems/{code}", include_in_schema=False, dependencies=[Depends(strict_query)])
async def explain_problem(code: str) -> Response:
    """What a kind of problem means."""
    refusal = CATALOGUE.get(code)
    if refusal is None:
        raise NotFound("There is no such kind of problem.")
    title, text = html.escape(refusal.title), html.escape(refusal.__doc__ or "")
    page = _PAGE.format(title=title, status=refusal.status, code=code, text=text)
    return HTMLResponse(page, headers={"Cache-Control": "public, max-age=3600", "Content-Security-Policy": POLICY})


_PAGE: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>body{{font:18px/1.6 system-ui;max-width:40rem;margin:4rem auto;padding:0 1rem}}code{{color:#666}}</style>
<p><code>{status} {code}</code></p><h1>{title}</h1><p>{text}</p>
"""
