"""Refusals become application/problem+json (RFC 9457), each type with a page that explains it."""

import html
from collections.abc import Iterable
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from pydantic import MISSING, BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails, to_json
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from app.errors import CATALOGUE, Fault, Invalid, MethodNotAllowed, NotFound, Refusal
from app.web.fields import said

MEDIA_TYPE: Final = "application/problem+json"
MOST_FAULTS: Final = 100
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
PLACES: Final = frozenset({"query", "path", "header", "cookie"})


class FaultOut(BaseModel):
    """One thing that was wrong: with a parameter, or at a pointer into the body."""

    parameter: str | MISSING = Field(default=MISSING, description="Name of a query, path or header parameter.")
    pointer: str | MISSING = Field(default=MISSING, description="JSON pointer (RFC 6901) into the body.")
    code: str = Field(description="Stable for ever.")
    detail: str
    allowed: list[str] | MISSING = Field(default=MISSING, description="What would be right, where that can be listed.")


class Problem(BaseModel):
    """A problem details object. Source: RFC 9457."""

    type: str = Field(description="A page that explains this kind of problem.", examples=["/problems/not-found"])
    title: str = Field(description="What kind of problem this is, in words.")
    status: int = Field(description="The HTTP status.", ge=400, le=599)
    detail: str = Field(description="What happened here.")
    code: str = Field(description="The kind of problem: stable for ever, so test for this.")
    request_id: str = Field(description="The value of `X-Request-ID`.")
    errors: list[FaultOut] = Field(description="Each thing that was wrong; empty where it is no matter of input.")


class ForbiddenProblem(Problem):
    """What the key would have to open."""

    scope: str = Field(description="The scope that the key lacks.", examples=["keys"])


class StaleProblem(Problem):
    """Which revision is there now."""

    revision: int | None = Field(description="The present revision; null where nothing is there.")


class TrimmedProblem(Problem):
    """From where the log is to be followed, once the lists have been read anew."""

    head: int = Field(description="The last position there was before.")


class WithdrawnProblem(Problem):
    """What may be said of something that was taken down."""

    reason: str = Field(description="Why, in a word.", examples=["legal"])
    public_note: str | None = Field(description="What is said of it to the public.")
    replacement: str | None = Field(description="Id of the article to read instead.")


def problem(refusal: Refusal, request_id: str) -> Response:
    """The refusal as a response. Never stored by caches: what is absent now may be there in a moment."""
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
    return Response(
        to_json(document),
        status_code=refusal.status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **refusal.headers},
    )


def faults(errors: Iterable[ErrorDetails | dict[str, Any]]) -> list[Fault]:
    """Pydantic's findings in our words: where, what, and what would be right. Never the value that was sent."""
    found = []
    for error in errors:
        place, *path = error["loc"] or ("body",)
        context = error.get("ctx") or {}
        allowed = context.get("allowed")
        if allowed is None and (expected := context.get("expected", context.get("expected_tags"))) is not None:
            allowed = [part.strip(" '") for part in str(expected).replace(" or ", ", ").split(", ")]
        detail = said(error)
        if place in PLACES:
            parameter = str(path[0] if path else context.get("parameter", place))
            found.append(Fault(detail, code=_code(error["type"]), parameter=parameter, allowed=allowed))
        else:
            steps = path if place == "body" else [place, *path]
            found.append(Fault(detail, code=_code(error["type"]), pointer=pointer(steps), allowed=allowed))
    return found


def pointer(steps: Iterable[str | int]) -> str:
    """Source: RFC 6901."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def faults_in(error: ValidationError, document: Any) -> list[Fault]:
    """What is wrong, one fault a place, with pointers into the document as it was written: the kinds of a union are no
    steps of them."""
    placed: dict[tuple[int | str, ...], Any] = {}
    for one in error.errors(include_url=False, include_input=False):
        here, steps = document, []
        for step in one["loc"]:
            if isinstance(here, list) and isinstance(step, int):
                here = here[step]
            elif isinstance(here, dict) and (step in here or (one["type"] == "missing" and step is one["loc"][-1])):
                here = here.get(step)
            else:
                continue
            steps.append(step)
        if one["type"] in {"union_tag_invalid", "union_tag_not_found"}:
            steps.append(one["ctx"]["discriminator"].strip("'"))
        placed.setdefault(tuple(steps), {**one, "loc": ("body", *steps)})
    return faults(placed.values())


def invalid(error: ValidationError, document: Any) -> Invalid:
    """The refusal of a body that its model does not take; at most a hundred faults are told."""
    found = faults_in(error, document)
    return Invalid(_sentence(found), *found[:MOST_FAULTS])


def _code(kind: str) -> str:
    return "invalid" if kind in {"value_error", "assertion_error"} else kind.replace("_", "-")


def request_id(request: Request) -> str:
    return str(request.scope.get("request_id", ""))


def install(app: FastAPI) -> None:
    """Every error of the app leaves as a problem, and /problems/{code} explains each kind."""

    @app.exception_handler(Refusal)
    async def refused(request: Request, refusal: Refusal) -> Response:
        return problem(refusal, request_id(request))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        found = faults(error.errors())
        return problem(Invalid(_sentence(found), *found), request_id(request))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        if error.status_code == 405:
            refusal: Refusal = MethodNotAllowed(
                f"{request.method} does not work here.", headers={"Allow": _allow(request, error)}
            )
        else:
            refusal = NotFound("There is nothing at this address.")
        return problem(refusal, request_id(request))

    @app.get("/problems/{code}", include_in_schema=False)
    async def explain_problem(code: str) -> Response:
        """What a kind of problem means."""
        known = CATALOGUE.get(code)
        if known is None:
            raise NotFound("There is no such kind of problem.")
        return HTMLResponse(
            _PAGE.format(
                title=html.escape(known.title), status=known.status, code=code, text=html.escape(known.__doc__ or "")
            ),
            headers={
                "Cache-Control": "public, max-age=3600",
                "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
            },
        )


def _allow(request: Request, error: HTTPException) -> str:
    """The methods that the path takes: the framework names those of the first of its routes alone."""
    methods = {one for one in (error.headers or {}).get("Allow", "").split(", ") if one}
    for route in request.app.routes:
        if route.matches(request.scope)[0] is Match.PARTIAL:
            methods |= {one for one in METHODS if route.matches({**request.scope, "method": one})[0] is Match.FULL}
    return ", ".join(sorted({*methods, "HEAD"} if "GET" in methods else methods))


def _sentence(found: list[Fault]) -> str:
    if not found:
        return "The input is not valid."
    first = found[0]
    name = f"Parameter {first.parameter!r}" if first.parameter else f"{first.pointer or 'The body'}"
    return f"{name}: {first.detail}" + (f" ({len(found) - 1} more)" if len(found) > 1 else "")


_PAGE: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>body{{font:18px/1.6 system-ui;max-width:40rem;margin:4rem auto;padding:0 1rem}}code{{color:#666}}</style>
<p><code>{status} {code}</code></p><h1>{title}</h1><p>{text}</p>
"""
