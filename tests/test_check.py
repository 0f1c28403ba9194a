"""The check of a database: what is as it was saved passes, and each kind of damage is found."""

import asyncio
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Executable, delete, insert, select, update

from app.articles.models import Article, ArticleSlug
from app.changes.models import Change, Head, Object, Revision, ViewEntry
from app.checking.check import check, repair
from app.checking.lists import WrongCounter, list_deviations
from app.checking.mending import mend_counters
from app.db import Database
from app.lists.models import Counter, List, ListEntry
from app.notes.models import Note
from app.tags.models import Tag
from tests import histories, sql
from tests.commands import invoke
from tests.conftest import ZONE, Fresh, bring
from tests.contents import everything
from tests.factories import article, article_id, box, credit, draft, note, said, scheduled, section, source, tag, words

LINES = (
    tag("rivers"), tag("floods", parent="rivers"), section("city"), source("wire"),
    note("dam", tags=["floods"], facts=[{"on": "1911-05", "text": "Mended.", "attributions": [credit("wire")]}]),
    article("flood", tags=["floods"], section="city", body=[words("The river rose."), box("dam"), said("wire")]),
    article("ferry", language="uk", attributions=[credit("wire")]),
    draft("povin"), scheduled("morning"),
)  # fmt: skip


async def found(url: str) -> list[str]:
    database = Database(url)
    try:
        return [str(deviation) async for deviation in check(database)]
    finally:
        await database.close()


async def test_the_sample_has_no_deviation(fresh: Fresh) -> None:
    with fresh(sample=True) as url:
        assert await found(url) == []


async def test_an_empty_database_has_no_deviation(database_url: str) -> None:
    assert await found(database_url) == []


# To shrink a history would take minutes.
@settings(max_examples=10, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes=st.lists(histories.WRITES, min_size=12, max_size=12))
async def test_no_history_of_writes_leaves_a_deviation(fresh: Fresh, writes: list[histories.Write]) -> None:
    with fresh() as url:
        async with histories.newsroom(url) as (_, desk):
            for write in writes:
                await histories.send(desk, write)
        assert await found(url) == []


# --- damage --------------------------------------------------------------------------------------------------------


def object_of(ref: str) -> Any:
    return select(Object.id).where(Object.ref == ref).scalar_subquery()


def list_of(name: str, view: str = "public") -> Any:
    return select(List.id).where(List.name == name, List.view == view).scalar_subquery()


FLOOD, FERRY = article_id("flood"), article_id("ferry")
OF_FLOOD: Final = ViewEntry.object == object_of(FLOOD)
LONG_AGO: Final = datetime(2001, 1, 1, tzinfo=UTC)
WORDS: Final = Counter.language == "en"

# What is done to the tables, and what is said of it. All of it is mended.
MENDABLE: Final[dict[str, tuple[Executable, str]]] = {
    "a lost counter": (
        delete(Counter).where(Counter.list == list_of("articles")),
        "counter: articles (public): its counter of en is missing, and its entries make 1",
    ),
    "a wrong counter": (
        update(Counter).where(Counter.list == list_of("articles:tag:rivers"), Counter.day == "").values(n=7),
        "counter: articles:tag:rivers (public): its counter of en is 7, and its entries make 1",
    ),
    "a wrong counter of a day": (
        update(Counter).where(Counter.list == list_of("articles"), Counter.day != "", WORDS).values(n=Counter.n + 1),
        "is 2, and its entries make 1",
    ),
    "a counter of the desk": (
        update(Counter).where(Counter.list == list_of("articles", "desk"), Counter.day == "").values(n=9),
        "counter: articles (desk): its counter of en is 9, and its entries make 2",
    ),
    "a counter of no list": (
        insert(Counter).values(list=999_999, day="", language="uk", n=3),
        "counter: list 999999: its counter of uk is 3, and its entries make 0",
    ),
    "a lost entry of a list": (
        delete(ListEntry).where(ListEntry.list == list_of("articles:note:dam")),
        f"list: article {FLOOD} (public): is missing in articles:note:dam",
    ),
    "a lost list": (
        delete(List).where(List.name == "articles:source:wire", List.view == "public"),
        f"list: article {FERRY} (public): is missing in articles:source:wire",
    ),
    "a lost fact": (
        delete(ListEntry).where(ListEntry.list == list_of("facts")),
        "list: note dam (public): is missing in facts",
    ),
    "an entry of another state": (
        update(ListEntry).where(ListEntry.list == list_of("articles:tag:floods")).values(revision=9),
        "its entry in articles:tag:floods is of another state",
    ),
    "an entry that does not belong there": (
        insert(ListEntry).from_select(
            ["list", "revision", "published_at", "object", "language", "updated_at"],
            select(
                list_of("articles:tag:floods"),
                ListEntry.revision,
                ListEntry.published_at,
                ListEntry.object,
                ListEntry.language,
                ListEntry.updated_at,
            ).where(ListEntry.list == list_of("articles"), ListEntry.object == object_of(FERRY)),
        ),
        f"list: articles:tag:floods (public): has an entry of {FERRY}",
    ),
    "an entry of no object": (
        insert(ListEntry).values(
            list=list_of("articles"),
            revision=1,
            published_at=LONG_AGO,
            object=article_id("none"),
            language="en",
            updated_at=LONG_AGO,
        ),
        "list: articles (public): has an entry of",
    ),
    "an entry of no list": (
        insert(ListEntry).values(
            list=999_999, revision=1, published_at=LONG_AGO, object=FLOOD, language="en", updated_at=LONG_AGO
        ),
        "list: list 999999: has an entry, and is not there",
    ),
    "a fact at another date": (
        update(ListEntry).where(ListEntry.list == list_of("facts")).values(published_at=LONG_AGO),
        "list: facts (public): has an entry of",
    ),
    "a view entry at another date": (
        update(ViewEntry).where(OF_FLOOD).values(listed_at=LONG_AGO),
        "listed_at is 2001-01-01T00:00:00+00:00, and follows as",
    ),
    "a view entry of another story": (
        update(ViewEntry).where(OF_FLOOD).values(story=None),
        "story is None, and follows as",
    ),
    "a view entry of other lists": (
        update(ViewEntry).where(OF_FLOOD).values(lists=["articles"]),
        "lists is articles, and follows as articles, articles:has:note",
    ),
    "a view entry of another slug": (
        update(ViewEntry).where(OF_FLOOD).values(slug="deluge"),
        "slug is deluge, and follows as flood",
    ),
    "a view entry of another revision": (
        update(ViewEntry).where(ViewEntry.object == object_of("wire")).values(revision=4),
        "its revision 4 is not there",
    ),
    "a lost view entry": (
        delete(ViewEntry).where(OF_FLOOD),
        f"view: article {FLOOD}: its newest state is revision 1, and the desk sees nothing",
    ),
    "a lost view entry of a draft": (
        delete(ViewEntry).where(ViewEntry.object == object_of(article_id("povin"))),
        "and the desk sees nothing",
    ),
    "a lost view entry of a source": (
        delete(ViewEntry).where(ViewEntry.object == object_of("wire")),
        "by its dates revision 1 is public, and readers see nothing",
    ),
    "a public story on the desk": (update(ViewEntry).where(OF_FLOOD).values(view="desk"), "its status is published"),
}
# What only the newsroom, or a backup, can put right.
HOPELESS: Final[dict[str, tuple[Executable, str]]] = {
    "a lost change": (delete(Change).where(Change.seq == 2), "log: changes 2 to 2: are missing"),
    "a head behind its log": (update(Head).values(seq=3), "log: the head: is at 3, and the last change has"),
    "a public head behind": (update(Head).values(public_seq=3), "log: the head: is at 3 in public, and the last"),
    "a public number twice": (
        update(Change).where(Change.public_seq == 3).values(public_seq=99),
        "has the public number 99, and the one before it has 2",
    ),
    "a text that is no JSON": (
        update(Revision).where(Revision.object == object_of(FLOOD)).values(card="{"),
        "document: article",
    ),
    "a text that is no article": (
        update(Revision).where(Revision.object == object_of(FLOOD)).values(body='[{"type": "song"}]'),
        f"document: article {FLOOD} (public): revision 1 is no article: body/0",
    ),
    "a lost revision": (delete(Revision).where(Revision.object == object_of(FLOOD)), "its revision 1 is not there"),
    "another row": (
        update(Article).where(Article.id == FLOOD).values(language="uk"),
        "has another language than its document",
    ),
    "another origin": (
        update(Article).where(Article.id == FLOOD).values(origin_key="wire.example:7"),
        "has another origin_key than its document",
    ),
    "a lost row": (
        delete(Note).where(Note.slug == "dam"),
        "row: note dam (public): has no row in the table of its noun",
    ),
    "a lost tag": (delete(Tag).where(Tag.slug == "city"), "names the tag city, which is not there"),
    "a slug of another": (
        update(ArticleSlug).where(ArticleSlug.slug == "flood").values(article=FERRY),
        f"slug: article {FLOOD} (public): its slug flood leads to {FERRY}",
    ),
    "a lost slug": (delete(ArticleSlug).where(ArticleSlug.slug == "flood"), "its slug flood leads to nothing"),
    "a lost object": (delete(Object).where(Object.ref == FLOOD), "no object has its id"),
}


@pytest.fixture
async def damaged_url(database_url: str) -> str:
    database = Database(database_url)
    await bring(database, *LINES)
    await database.close()
    assert await found(database_url) == []
    return database_url


async def mended(url: str) -> list[tuple[str, bool]]:
    database = Database(url)
    try:
        return [(str(deviation), is_mended) async for deviation, is_mended in repair(database)]
    finally:
        await database.close()


async def damage(url: str, statement: Executable) -> None:
    """Executes the statement with foreign keys off, as damage knows none."""
    async with sql.connected(url) as outsider:
        if url.startswith("postgresql"):
            await outsider.execute("SET session_replication_role = replica")
        await outsider.execute(statement)
        await outsider.commit()


@pytest.mark.parametrize("name", MENDABLE)
async def test_what_follows_from_the_documents_is_mended(damaged_url: str, name: str) -> None:
    statement, message = MENDABLE[name]
    before = await contents(damaged_url)
    await damage(damaged_url, statement)
    deviations = await found(damaged_url)

    assert any(message in deviation for deviation in deviations), deviations
    outcomes = await mended(damaged_url)
    assert outcomes
    assert all(is_mended for _, is_mended in outcomes)
    assert await found(damaged_url) == []
    assert await contents(damaged_url) == before


@pytest.mark.parametrize("name", HOPELESS)
async def test_what_cannot_be_told_from_the_documents_is_named_and_left(damaged_url: str, name: str) -> None:
    statement, message = HOPELESS[name]
    await damage(damaged_url, statement)
    deviations = await found(damaged_url)

    assert any(message in deviation for deviation in deviations), deviations
    assert any(message in deviation and not is_mended for deviation, is_mended in await mended(damaged_url))


async def test_a_counter_that_is_written_while_it_is_mended_is_right(damaged_url: str) -> None:
    await damage(damaged_url, MENDABLE["a wrong counter of a day"][0])
    database = Database(damaged_url)
    async with database.reader().snapshot() as read:
        wrong = [each async for each in list_deviations(read, ZONE) if isinstance(each, WrongCounter)]
    await bring(database, article("later"))
    await mend_counters(database, wrong)
    await database.close()

    assert len(wrong) == 1
    assert await found(damaged_url) == []


def test_the_command_prints_what_deviates_and_what_it_has_mended(sqlite: Fresh) -> None:
    with sqlite(sample=True) as url:
        assert invoke(url, "check").exit_code == 0
        statement = update(Counter).where(Counter.list == list_of("articles"), Counter.day == "").values(n=1_000)
        asyncio.run(damage(url, statement))
        asyncio.run(damage(url, delete(ArticleSlug).where(ArticleSlug.slug == "the-tram-that-carries-nobody")))

        result = invoke(url, "check")
        assert result.exit_code == 1
        assert "Counts and archives show a wrong number." in result.stdout
        assert "the-tram-that-carries-nobody leads to nothing. Its address leads nowhere" in result.stdout
        result = invoke(url, "check", "--repair")
        assert result.exit_code == 1
        assert "Counts and archives show a wrong number. Mended." in result.stdout
        assert "or to something else. Not mended." in result.stdout
        assert len(invoke(url, "check").stdout.splitlines()) == 1


async def contents(url: str) -> dict[str, list[Any]]:
    """All rows but counters of nothing."""
    database = Database(url)
    try:
        tables = await everything(database)
    finally:
        await database.close()
    return {**tables, "counters": [row for row in tables["counters"] if row[-1]]}
