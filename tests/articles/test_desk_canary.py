"""What the desk keeps to itself, or has taken down, is found in no answer to the public, whatever is asked."""

import json
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

from httpx import AsyncClient, Response

from app.web.fields import UUID_TEXT
from tests.answers import get, query
from tests.conftest import Load
from tests.desk import PATH, act, address, change, drop, publish, write
from tests.factories import article, article_id, box, credit, note, said, section, source, tag, words
from tests.openapi import document

CANARY = "kanarek"
LATER = "2099-01-01T06:00:00.000Z"
ASIDE = {"cache-status", "date", "x-request-id", "server-timing"}
EVERYWHERE = re.compile(rf"{CANARY}|{CANARY.encode().hex()}", re.IGNORECASE)


def secret(**fields: Any) -> dict[str, Any]:
    """Fields in which every text, and every name that may be hidden, is the canary."""
    return {
        "headline": f"{CANARY} headline",
        "kicker": f"{CANARY} kicker",
        "standfirst": f"{CANARY} standfirst",
        "byline": f"{CANARY} byline",
        "editors_note": f"{CANARY} to readers",
        "ednote": f"{CANARY} to the desk",
        "dateline": f"{CANARY} place",
        "ai": {"use": "assisted", "note": f"{CANARY} machine"},
        "headlines": {name: f"{CANARY} {name}" for name in ("seo", "social", "short")},
        "tags": [f"{CANARY}-tag", "river"],
        "section": f"{CANARY}-section",
        "attributions": [credit(f"{CANARY}-source", text=f"{CANARY} exact words"), credit("mayor")],
        "image": {
            "caption": f"{CANARY} caption",
            "url": f"https://{CANARY}.example/x.jpg",
            "source": f"{CANARY}-source",
        },
        "body": [words(f"{CANARY} body"), said(f"{CANARY}-source", f"{CANARY} said"), box("mill")],
        **fields,
    }


async def hide(desk: AsyncClient, load: Load, public: str) -> list[str]:
    """Writes all that is to stay hidden; returns how it might be asked for."""
    await load(tag(f"{CANARY}-tag", parent="river"), section(f"{CANARY}-section", parent="town"))
    await load(source(f"{CANARY}-source", parent="firm"))
    await load(note(f"{CANARY}-note", heading=f"{CANARY} note", status="draft", tags=["river"]))
    await load(note(f"{CANARY}-later", status="scheduled", publish_at=LATER, attributions=[credit("mayor")]))
    kept = []
    for slug, translated in (("draft", None), ("draft-pl", public)):
        made = await write(
            desk,
            **secret(slug=f"{CANARY}-{slug}", translation_of=translated, language="pl" if translated else "en"),
        )
        kept.append(made["id"])
    await change(desk, kept[0], body=[*secret()["body"], box(f"{CANARY}-note"), box(f"{CANARY}-later")])
    due = await write(desk, **secret(slug=f"{CANARY}-due", relations=[{"relation": "background", "article": public}]))
    await act(desk, due["id"], "publish", at=LATER)
    await change(desk, public, "/draft", **secret(slug=f"{CANARY}-copy"))
    await act(desk, public, "publish", at=LATER)
    dead = await write(desk, **secret(slug=f"{CANARY}-dead"))
    await drop(desk, dead["id"])
    return [
        *kept,
        due["id"],
        dead["id"],
        *(f"{CANARY}-{slug}" for slug in ("draft", "draft-pl", "due", "copy", "dead")),
    ]


async def ground(desk: AsyncClient, load: Load) -> str:
    """What everyone reads; returns the id of an article that will have a working copy."""
    await load(
        tag("river"), section("town"), source("firm"), source("mayor", parent="firm"), note("mill", tags=["river"])
    )
    await load(article("a", section="town", tags=["river"], body=[words("Public."), box("mill"), said("mayor")]))
    await load(article("b", tags=["river"], ednote=f"{CANARY} of b", language="pl", translation_of=article_id("a")))
    copied: str = (await publish(desk, "Copied", tags=["river"], ednote=f"{CANARY} of the copied"))["id"]
    await change(desk, copied, slug="copied-anew", relations=[{"relation": "follow_up", "article": article_id("a")}])
    return copied


def values(hidden: list[str]) -> dict[str, list[str]]:
    """What to try for each parameter, by its name."""
    return {
        "ref": ["a", "copied", "copied-anew", article_id("b"), *hidden],
        "slug": [
            "river",
            "mayor",
            "mill",
            *(f"{CANARY}-{one}" for one in ("tag", "section", "source", "note", "later")),
        ],
        "revision": ["1", "2", "3", "4", "5"],
        "token": [CANARY],
        "key_id": [CANARY],
        "tag": ["river", f"{CANARY}-tag", f"river,{CANARY}-tag"],
        "tag_not": [f"{CANARY}-tag", f"{CANARY}-section"],
        "source": ["mayor", f"{CANARY}-source", "firm"],
        "note": ["mill", f"{CANARY}-note", f"{CANARY}-later"],
        "section": ["town", f"{CANARY}-section"],
        "parent": ["river", "firm", f"{CANARY}-tag"],
        "language": ["pl", "en"],
        "ids": [
            ",".join([article_id("a"), article_id("b"), *(one for one in hidden if UUID_TEXT.fullmatch(one))]),
            f"river,mayor,mill,{CANARY}-tag",
        ],
        "include": ["tags,sources,notes,relations,translations", "tags,sources", "counts"],
        "fields": ["body,relations", "ednote", "headline,status", "names,labels,slug", "withdrawal"],
        "sort": ["-updated_at", "published_at", "updated_at", "-modified_at", "publish_at", "slug"],
        "date": ["2099", "2099-01-01"],
        "published_from": ["2098-01-01"],
        "published_to": ["2099-12-31"],
        "updated_since": ["2025-01-01"],
        "modified_since": ["2025-01-01"],
        "perspective": ["drafts", LATER, "2025-06-01T00:00:00Z"],
        "count": ["true"],
        "limit": ["1", "100"],
        "by": ["year", "month", "day"],
        "q": [CANARY],
        "type": ["section", "topic", "organisation"],
        "role": ["said_by"],
        "from": ["2"],
        "to": ["3", "4"],
        "after": ["0"],
        "cursor": [CANARY],
        "tz": ["Europe/Kyiv"],
        "wait": ["0"],
        "status": ["draft,scheduled", "withdrawn"],
        "working_copy": ["true"],
        "facets": ["tag,source,language,section,month"],
    }


def requests(hidden: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Every GET operation there is, with each value of each of its parameters, and with each two of its filters."""
    tried = values(hidden)
    for path, methods in document()["paths"].items():
        if "get" not in methods or "stream" in path:
            continue
        names = [one["name"] for one in methods["get"].get("parameters", ()) if "name" in one]
        places = [name for name in names if f"{{{name}}}" in path]
        rest = [name for name in names if name not in places and name in tried]
        for chosen in product(*(tried.get(name, ["a"]) for name in places)):
            at = path.format(**dict(zip(places, chosen, strict=True)))
            yield at, {}
            needed = {"from": "2", "to": "3"} if path.endswith("/diff") else {}
            for name in rest:
                for value in tried[name]:
                    yield at, {**needed, name: value}
            if not places:
                for n, name in enumerate(rest):
                    for other in rest[n + 1 :]:
                        yield at, {name: tried[name][-1], other: tried[other][0]}


def shown(answer: Response) -> Any:
    """All of an answer but what differs from one request to the next."""
    headers = {name: value for name, value in answer.headers.items() if name not in ASIDE}
    body = answer.content
    if answer.headers.get("content-type") == "application/problem+json":
        told = json.loads(body)
        del told["request_id"]
        body = json.dumps(told).encode()
    return answer.status_code, headers, body


def leaks(answer: Response) -> bool:
    """Whether it says the canary of itself: what was asked for may stand in an error, in `Link` or `Surrogate-Key`."""
    text = answer.text + "".join(f"{name}{value}" for name, value in answer.headers.items())
    given = [*answer.request.url.params.values(), *answer.request.url.path.split("/")]
    for asked in (*given, *(part for one in given for part in one.split(","))):
        if CANARY in asked:
            text = text.replace(asked, "").replace(json.dumps(asked)[1:-1], "")
    return EVERYWHERE.search(text) is not None


async def ask(api: AsyncClient, path: str, params: dict[str, str]) -> Response:
    return await api.get(path, params=query(**params))


async def test_nothing_that_is_hidden_leaves_a_trace_in_any_answer(
    api: AsyncClient, desk: AsyncClient, load: Load
) -> None:
    copied = await ground(desk, load)
    asked = list(requests([f"{CANARY}-{slug}" for slug in ("draft", "draft-pl", "due", "copy", "dead")]))
    assert len(asked) > 500
    before = {(path, *params.items()): shown(await ask(api, path, params)) for path, params in asked}
    assert {one[0] for one in before.values()} >= {200, 308, 401, 404, 422}
    hidden = await hide(desk, load, copied)
    assert CANARY in str(await get(desk, PATH, perspective="drafts"))
    for path, params in asked:
        answer = await ask(api, path, params)
        assert not leaks(answer), (path, params, answer.text)
        assert shown(answer) == before[path, *params.items()], (path, params)
    for ref in hidden:
        for rest in ("", "/revisions", "/revisions/1", "/diff?from=1&to=1"):
            answer = await api.get(address(ref, rest))
            assert (answer.status_code, leaks(answer)) == (404, False), (ref, rest, answer.text)


async def test_what_was_withdrawn_says_nothing_but_why(api: AsyncClient, desk: AsyncClient, load: Load) -> None:
    copied = await ground(desk, load)
    public = {"tags": ["river"], "section": "town", "attributions": [credit("mayor", text=f"{CANARY} exact words")]}
    body = [words(f"{CANARY} body"), said("mayor", f"{CANARY} said"), box("mill")]
    relations = [{"relation": "background", "article": copied, "text": f"{CANARY} before"}]
    image = {"caption": f"{CANARY} caption"}
    gone = await publish(desk, **secret(slug="gone", body=body, image=image, relations=relations, **public))
    await change(desk, article_id("b"), relations=[{"relation": "background", "article": gone["id"]}])
    await change(desk, gone["id"], "/draft", slug=f"{CANARY}-copy")
    await act(desk, gone["id"], "correct", kind="correction", text=f"{CANARY} corrected")
    counts = (await get(api, PATH, tag="river", count="true"))["count"]["value"]
    await act(desk, gone["id"], "withdraw", reason="privacy", public_note="Gone for good.")
    assert (await get(api, PATH, tag="river", count="true"))["count"]["value"] == counts - 1
    for path, params in requests(["gone", gone["id"], f"{CANARY}-copy"]):
        answer = await ask(api, path, params)
        assert not leaks(answer), (path, params, answer.text)
        if path.startswith((address("gone"), address(gone["id"]))) and answer.status_code not in {401, 403, 422}:
            assert answer.status_code == 410, (path, params)
            assert set(answer.json()) >= {"reason", "public_note", "replacement"}
