"""`import WHAT…` brings web pages in: as drafts, each once, each accounted for."""

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any, Final

from httpx import AsyncClient

from tests.commands import invoke
from tests.importers.html.pages import FOLDER, page

DATED: Final = '<meta property="article:published_time" content="2026-03-04T09:30:00Z">'
CANONICAL: Final = '<link rel="canonical" href="https://courier.example/weir">'
WEIR: Final = page(head=f'{DATED}{CANONICAL}<meta name="author" content="Ann Lee">')


async def bring(url: str, *what: Path | str, options: tuple[str, ...] = ()) -> tuple[int, dict[str, Any]]:
    """(exit code, report) of an import."""
    result = await asyncio.to_thread(invoke, url, "import", *what, "--report", "json", *options)
    report: dict[str, Any] = json.loads(result.stdout)
    return result.exit_code, report


def saved(folder: Path, text: str = WEIR, name: str = "weir.html") -> Path:
    file = folder / name
    file.write_text(text)
    return file


async def story(desk: AsyncClient, ref: str) -> Any:
    answer = await desk.get(f"/v1/articles/{ref}", params={"perspective": "drafts"})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_page_becomes_a_draft_once(database_url: str, desk: AsyncClient, tmp_path: Path) -> None:
    file = saved(tmp_path)

    code, report = await bring(database_url, file)
    again_code, again = await bring(database_url, file)

    assert (code, again_code) == (0, 0), (report, again)
    assert [item["outcome"] for item in (*report["items"], *again["items"])] == ["created", "unchanged"]
    assert report["items"][0]["facts"]["published_at"] == "article:published_time"
    made = await story(desk, "the-weir-holds")
    assert (made["status"], made["revision"], made["byline"]) == ("draft", 1, "Ann Lee")
    assert made["published_at"] == "2026-03-04T09:30:00.000Z"
    assert made["origin"]["url"] == "https://courier.example/weir"
    assert [each["source"] for each in made["attributions"]] == ["ann-lee"]


async def test_a_page_is_published_where_that_is_asked_and_stays_so(
    database_url: str, desk: AsyncClient, tmp_path: Path
) -> None:
    file = saved(tmp_path)
    await bring(database_url, file)

    code, report = await bring(database_url, file, options=("--publish",))
    _, without = await bring(database_url, file)

    assert (code, report["items"][0]["outcome"], report["items"][0]["status"]) == (0, "updated", "published"), report
    assert (without["items"][0]["outcome"], without["items"][0]["status"]) == ("unchanged", "published")
    made = await story(desk, "the-weir-holds")
    assert (made["status"], made["published_at"]) == ("published", "2026-03-04T09:30:00.000Z")


async def test_a_page_without_a_date_is_published_with_a_word_about_that(database_url: str, tmp_path: Path) -> None:
    file = saved(tmp_path, page())

    _, report = await bring(database_url, file, options=("--publish",))
    _, again = await bring(database_url, file, options=("--publish",))

    assert "is published with the date of the import" in report["items"][0]["notes"]
    assert again["items"][0]["outcome"] == "unchanged", again


async def test_a_page_changed_there_is_the_next_revision_with_the_same_slug(
    database_url: str, desk: AsyncClient, tmp_path: Path
) -> None:
    await bring(database_url, saved(tmp_path))
    changed = page(
        head=f'{DATED}{CANONICAL}<meta property="article:modified_time" content="2026-03-05T08:00:00Z">',
        headline="<h1>The weir still holds</h1>",
    )

    _, report = await bring(database_url, saved(tmp_path, changed))

    assert (report["items"][0]["outcome"], report["items"][0]["slug"]) == ("updated", "the-weir-holds"), report
    made = await story(desk, "the-weir-holds")
    assert (made["headline"], made["revision"]) == ("The weir still holds", 2)


async def test_a_story_changed_here_stays_and_is_named(database_url: str, desk: AsyncClient, tmp_path: Path) -> None:
    file = saved(tmp_path)
    await bring(database_url, file)
    made = await story(desk, "the-weir-holds")
    answer = await desk.patch(
        "/v1/articles/the-weir-holds", json={"headline": "Ours"}, headers={"If-Match": f'"{made["revision"]}"'}
    )
    assert answer.status_code == 200, answer.text

    _, report = await bring(database_url, file)

    assert report["items"][0]["outcome"] == "unchanged"
    assert any("was changed here at" in note for note in report["items"][0]["notes"])
    assert (await story(desk, "the-weir-holds"))["headline"] == "Ours"


async def test_a_headline_that_another_story_has_gets_a_slug_of_its_own(database_url: str, tmp_path: Path) -> None:
    other = WEIR.replace("courier.example/weir", "courier.example/other")

    _, report = await bring(database_url, saved(tmp_path), saved(tmp_path, other, "other.html"))

    first, second = (item["slug"] for item in report["items"])
    assert first == "the-weir-holds"
    assert second.startswith("the-weir-holds-")


async def test_what_is_refused_is_named_and_the_rest_is_imported(database_url: str, tmp_path: Path) -> None:
    large = tmp_path / "large.html"
    large.write_bytes(b"<html>" + b" " * 10_000_001)
    packed = tmp_path / "weir.html.gz"
    packed.write_bytes(gzip.compress(WEIR.encode()))
    names = ("login.html", "error.html", "disagreeing.html")

    code, report = await bring(database_url, large, *(FOLDER / name for name in names), packed)

    assert code == 1
    assert [(Path(item["place"]).name, item["outcome"], item["errors"]) for item in report["items"]] == [
        ("large.html", "error", ["is larger than 10 MB"]),
        ("login.html", "error", ["asks for a password: it is a page to log in, and no story"]),
        ("error.html", "error", ["is an error page of its server: 404 Not Found"]),
        (
            "disagreeing.html",
            "error",
            ["is in a language that is not certain: the page says uk, and the text looks like en; give --language"],
        ),
        ("weir.html.gz", "created", []),
    ]
    assert report["counts"] == {"error": 4, "created": 1}


async def test_a_dry_run_writes_nothing(database_url: str, desk: AsyncClient, tmp_path: Path) -> None:
    code, report = await bring(database_url, saved(tmp_path), options=("--dry-run",))

    assert (code, report["items"][0]["outcome"], report["items"][0]["slug"]) == (0, "read", "the-weir-holds")
    assert (await desk.get("/v1/articles/the-weir-holds")).status_code == 404


async def test_an_address_that_is_not_public_is_not_asked(database_url: str) -> None:
    code, report = await bring(database_url, "http://127.0.0.1:9/page")

    assert code == 1
    assert report["items"][0]["errors"] == ["may not be asked for: it does not lead to the public internet by https"]
