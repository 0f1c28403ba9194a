"""Texts and references are what they seem: one form of text, nothing blank, nothing glued, nothing twice."""

from typing import Any
from unicodedata import normalize

import pytest
from httpx import AsyncClient

from app.outbound import Outbound
from tests.answers import refusal
from tests.conftest import Load
from tests.desk import PATH, address, pointers, publish, send, write
from tests.factories import article_id, credit, source, tag, words
from tests.webhooks.conftest import resolve

ISLAND = "Їжакова круча й район"
BLANKS = ["   ", "\u00a0", "\u200b", "\ufeff", "\u00ad", "\u2060\u200d", "\u3164", "\t\n"]
ANY = {"If-Match": "*"}


@pytest.fixture(autouse=True)
def _resolvable_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Webhooks can be made: the host of their target has a public address."""
    monkeypatch.setattr(Outbound.__init__, "__kwdefaults__", {"resolver": resolve, "transport": None})


def decomposed(text: str) -> str:
    assert normalize("NFD", text) != text
    return normalize("NFD", text)


# --- one form of text ----------------------------------------------------------------------------------------------


async def test_decomposed_letters_are_stored_as_composed_ones_and_make_the_same_slug(desk: AsyncClient) -> None:
    fields: dict[str, Any] = {
        "language": "uk",
        "kicker": decomposed("Новий"),
        "body": [words(decomposed("<b>Її</b> й"))],
    }

    story = await write(desk, decomposed(ISLAND), **fields)

    assert (story["headline"], story["slug"]) == (ISLAND, "yizhakova-krucha-y-raion")
    assert (story["kicker"], story["body"][0]["html"], story["word_count"]) == ("Новий", "<b>Її</b> й", 2)


@pytest.mark.parametrize("fragment", ["e&#769;", "<i>e&#x301;</i>", "e<b></b>&#769;"])
async def test_letters_that_an_entity_decomposes_are_composed_too(desk: AsyncClient, fragment: str) -> None:
    story = await write(desk, body=[words(fragment)])

    assert "é" in story["excerpt"]
    assert normalize("NFC", story["excerpt"]) == story["excerpt"]


async def test_texts_of_every_noun_are_composed(desk: AsyncClient) -> None:
    label, composed = decomposed("Її"), "Її"
    made = {
        "tags": {"slug": "ii", "type": "topic", "labels": {"uk": label}},
        "sources": {"slug": "ii", "type": "person", "names": {"uk": label}, "aliases": [label]},
        "notes": {"slug": "ii", "language": "uk", "heading": label, "body": [], "facts": [{"text": label}]},
        "keys": {"name": label, "scopes": ["keys"]},
        "webhooks": {"name": label, "url": "https://one.example/purge", "enabled": False},
    }
    for noun, fields in made.items():
        answer = await desk.post(f"/v1/{noun}", json=fields)
        assert answer.status_code == 201, answer.text
        assert composed in answer.text
        assert label not in answer.text


# --- blank is empty ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("blank", BLANKS)
async def test_a_headline_that_nobody_can_see_is_none(desk: AsyncClient, blank: str) -> None:
    story = await write(desk, blank)

    assert story["headline"] == ""
    assert pointers(await desk.post(address(story["id"], "/publish"))) == {"/headline"}


@pytest.mark.parametrize("blank", BLANKS)
async def test_a_text_that_nobody_can_see_is_refused_as_an_empty_one_is(desk: AsyncClient, blank: str) -> None:
    story = await publish(desk)
    fields: dict[str, Any] = {
        "kicker": blank, "standfirst": blank, "editors_note": blank, "image": {"credit_line": blank},
        "body": [words(blank), words(f"<b>{blank}</b>"), {"type": "heading", "text": blank}],
    }  # fmt: skip

    for name, value in fields.items():
        empty = await send(desk, story["id"], **{name: _with(value, blank, "")})
        assert pointers(await send(desk, story["id"], **{name: value})) == pointers(empty)
    correction = await desk.post(address(story["id"], "/correct"), json={"kind": "correction", "text": blank})
    assert pointers(correction) == {"/text"}


def _with(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {name: _with(member, old, new) for name, member in value.items()}
    if isinstance(value, list):
        return [_with(member, old, new) for member in value]
    return value.replace(old, new)


@pytest.mark.parametrize("blank", BLANKS)
async def test_no_noun_has_a_name_that_nobody_can_see(desk: AsyncClient, blank: str) -> None:
    sent: list[tuple[str, dict[str, Any], str]] = [
        ("tags", {"slug": "a", "type": "topic", "labels": {"uk": blank}}, "/labels/uk"),
        ("sources", {"slug": "a", "type": "person", "names": {"uk": blank}}, "/names/uk"),
        ("sources", {"slug": "a", "type": "person", "names": {"uk": "A"}, "aliases": [blank]}, "/aliases/0"),
        ("notes", {"slug": "a", "language": "uk", "heading": blank}, "/heading"),
        ("notes", {"slug": "a", "language": "uk", "heading": "A", "facts": [{"text": blank}]}, "/facts/0/text"),
        ("keys", {"name": blank, "scopes": ["keys"]}, "/name"),
        ("webhooks", {"name": blank, "url": "https://one.example/purge"}, "/name"),
    ]
    for noun, fields, pointer in sent:
        errors = refusal(await desk.post(f"/v1/{noun}", json=fields), 422, "invalid")["errors"]
        assert [error["pointer"] for error in errors] == [pointer]


async def test_a_cell_that_nobody_can_see_is_empty(desk: AsyncClient) -> None:
    story = await write(desk, body=[{"type": "table", "header": ["Рік", "\u00a0"], "rows": [["1896", "\u200b"]]}])

    assert (story["body"][0]["header"], story["body"][0]["rows"]) == (["Рік", ""], [["1896", ""]])


# --- no glued words, no hidden links -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fragment", "kept", "count", "elements"),
    [
        ("<p>Один.</p><p>Два слова</p>", "Один. Два слова", 3, "p"),
        ("<ul><li>хліб</li><li>сіль</li></ul>", "хліб сіль", 2, "ul, li"),
        ("<h2>Заголовок</h2>текст", "Заголовок текст", 2, "h2"),
        ("до<hr>після", "до після", 2, "hr"),
        ("<tr><td>1896</td><td>возів</td></tr>", "1896 возів", 2, "tr, td"),
        ("<DIV\nclass=x>міст<div/>тут", "міст тут", 2, "div"),
        ("пе<wbr>ре<u>но</u>с<font color=red>и</font>ти", "переносити", 1, "wbr, u, font"),
    ],
)
async def test_words_that_removed_elements_kept_apart_stay_apart(
    desk: AsyncClient, fragment: str, kept: str, count: int, elements: str
) -> None:
    story = await write(desk, body=[words(fragment), {"type": "list", "items": ["перше", fragment]}])

    assert [story["body"][0]["html"], story["body"][1]["items"][1]] == [kept, kept]
    assert (story["excerpt"], story["word_count"]) == (kept, 2 * count + 1)
    detail = f"held what is not allowed: the elements {elements}"
    places = ("/body/0/html", "/body/1/items/1")
    assert story["warnings"] == [{"pointer": pointer, "detail": detail} for pointer in places]


@pytest.mark.parametrize(
    "address", ["//x.example", "/\\x.example", "\\\\x.example", "\\/x.example", "/&Tab;/x.example", "&#1; //x.example"]
)
async def test_a_link_that_leaves_the_site_without_saying_so_is_removed_and_named(
    desk: AsyncClient, address: str
) -> None:
    story = await write(desk, body=[words(f'See <a href="{address}">here</a> or <a href="/news//old">there</a>.')])

    assert story["body"][0]["html"] == 'See <a>here</a> or <a href="/news//old">there</a>.'
    assert [warning["pointer"] for warning in story["warnings"]] == ["/body/0/html"]
    assert "the attributes href of a" in story["warnings"][0]["detail"]


# --- nothing twice -------------------------------------------------------------------------------------------------


async def test_what_is_twice_in_a_set_is_once_and_named(desk: AsyncClient, load: Load) -> None:
    await load(tag("river"), tag("mill"), source("wire"))
    relation, twin = (
        {"relation": "background", "text": "Older"},
        {"relation": "background", "text": "Older", "url": None},
    )

    story = await write(
        desk, tags=["river", "mill", "river"], relations=[relation, twin], attributions=[credit("wire")] * 3
    )

    assert story["tags"] == ["river", "mill"]
    assert (len(story["relations"]), len(story["attributions"])) == (1, 1)
    places = {warning["pointer"] for warning in story["warnings"]}
    assert places == {"/tags/2", "/relations/1", "/attributions/1", "/attributions/2"}


async def test_a_fault_behind_what_is_twice_in_a_set_is_named_at_the_place_where_it_was_sent(
    desk: AsyncClient, load: Load
) -> None:
    await load(tag("trams"), source("mayor"))
    role = credit("mayor")
    link = {"relation": "background", "url": "https://news.example/dam"}
    unknown = {"relation": "background", "article": article_id("unknown")}
    story = await write(desk)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"tags": ["trams", "trams", "unknown"]}, "/tags/2"),
        ({"attributions": [role, role, role, credit("unknown")]}, "/attributions/3/source"),
        ({"attributions": [role, role, credit("mayor", block="b9")]}, "/attributions/2/block"),
        ({"relations": [link, link, unknown]}, "/relations/2/article"),
        ({"relations": [link, link, {"relation": "background", "article": story["id"]}]}, "/relations/2/article"),
    ]
    facts = [{"text": "It rose.", "attributions": [role, role, credit("unknown")]}]
    note_fields = {"language": "en", "heading": "The dam", "body": [words("It rose.")]}

    for fields, pointer in wrong:
        answer = await send(desk, story["id"], **fields)
        assert pointers_of(answer) == [pointer]
        assert refusal(answer, 422, "invalid")["detail"].startswith(f"{pointer}: ")
    for fields, pointer in wrong[:4]:
        assert pointers_of(await desk.post("/v1/articles", json={"language": "en", **fields})) == [pointer]
    for fields, pointer in (*wrong[:3], ({"facts": facts}, "/facts/0/attributions/2/source")):
        assert pointers_of(await desk.put("/v1/notes/dam", json={**note_fields, **fields})) == [pointer]


async def test_every_noun_has_each_entry_of_a_set_once(desk: AsyncClient, load: Load) -> None:
    await load(source("wire"))
    page, other = "https://mill.example/", "https://mill.example/en"
    sent: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("tags", {"slug": "a", "type": "topic", "labels": {"uk": "А"}}, {"same_as": [page, other, page]}),
        (
            "sources",
            {"slug": "a", "type": "person", "names": {"uk": "А"}},
            {"urls": [page, page], "aliases": ["Б", "Б"]},
        ),
        ("notes", {"slug": "a", "language": "uk", "heading": "А"}, {"attributions": [credit("wire"), credit("wire")]}),
    ]
    for noun, fields, sets in sent:
        answer = await desk.post(f"/v1/{noun}", json=fields | sets)
        assert answer.status_code == 201, answer.text
        found = answer.json()
        assert all(len(found[name]) == len({str(each) for each in entries}) for name, entries in sets.items())
        assert {warning["pointer"].split("/")[1] for warning in found["warnings"]} == {*sets}


async def test_scopes_and_filters_of_webhooks_are_made_one(desk: AsyncClient) -> None:
    key = (await desk.post("/v1/keys", json={"name": "A", "scopes": ["keys", "webhooks", "keys"]})).json()
    filters = {"nouns": ["tag", "tag"], "tags": ["river", "mill", "river"], "languages": ["uk", "UK", "en"]}
    target = {"name": "A", "url": "https://one.example/purge", "enabled": False}
    webhook = (await desk.post("/v1/webhooks", json=target | filters)).json()

    assert key["scopes"] == ["keys", "webhooks"]
    assert [webhook[name] for name in filters] == [["tag"], ["river", "mill"], ["uk", "en"]]


# --- attributions --------------------------------------------------------------------------------------------------


BODY = [words("The mayor said the <b>bridge</b> holds.", id="b1"), {"type": "quote", "html": "It holds.", "id": "b2"}]


@pytest.mark.parametrize(
    ("attribution", "pointer"),
    [
        (credit("mayor", block="b9"), "/attributions/0/block"),
        (credit("mayor", block="b9", text="The mayor said"), "/attributions/0/block"),
        (credit("mayor", block="b2", text="the bridge holds"), "/attributions/0/text"),
    ],
)
async def test_an_attribution_names_a_block_that_is_there_and_words_that_stand_in_it(
    desk: AsyncClient, load: Load, attribution: Any, pointer: str
) -> None:
    await load(source("mayor"))
    sent = {"language": "en", "body": BODY, "attributions": [attribution]}

    assert pointers(await desk.post(PATH, json=sent)) == {pointer}
    note = {"slug": "a", "heading": "A", "facts": [{"text": "It holds.", "attributions": [attribution]}]}
    errors = refusal(await desk.post("/v1/notes", json={**sent, **note}), 422, "invalid")["errors"]
    assert [error["pointer"] for error in errors] == [pointer, f"/facts/0{pointer}"]


async def test_words_stand_in_a_block_whatever_its_elements_and_blanks(desk: AsyncClient, load: Load) -> None:
    await load(source("mayor"))
    right = [credit("mayor", block="b1", text="said the  bridge holds"), credit("mayor", block="b2"), credit("mayor")]

    story = await write(desk, body=BODY, attributions=right)

    assert [each["block"] for each in story["attributions"]] == ["b1", "b2", None]
    assert pointers(await send(desk, story["id"], body=BODY[1:])) == {"/attributions/0/block"}


# --- languages -----------------------------------------------------------------------------------------------------


async def test_a_language_is_stored_in_the_case_of_bcp_47(desk: AsyncClient) -> None:
    story = await write(desk, language="EN-gb", body=[{"type": "quote", "html": "Так.", "language": "UK"}])
    labels = {"EN": "River", "zh-hant-tw": "河"}
    made = (await desk.post("/v1/tags", json={"slug": "river", "type": "topic", "labels": labels})).json()
    patched = await desk.patch("/v1/tags/river", json={"labels": {"En": "A river"}}, headers=ANY)

    assert (story["language"], story["body"][0]["language"]) == ("en-GB", "uk")
    assert made["labels"] == {"en": "River", "zh-Hant-TW": "河"}
    assert patched.json()["labels"] == {"en": "A river", "zh-Hant-TW": "河"}


async def test_a_text_is_not_given_in_one_language_twice(desk: AsyncClient) -> None:
    twice = {"en": "River", "EN": "Rivers"}
    new = {"slug": "river", "type": "topic", "labels": {"en": "River"}}
    assert pointers_of(await desk.post("/v1/tags", json={**new, "labels": twice})) == ["/labels"]
    assert (await desk.post("/v1/tags", json=new)).status_code == 201
    assert pointers_of(await desk.patch("/v1/tags/river", json={"labels": twice}, headers=ANY)) == ["/labels"]


def pointers_of(answer: Any) -> list[str]:
    return [error["pointer"] for error in refusal(answer, 422, "invalid")["errors"]]
