"""Facts of web pages: which of the places that tell one wins, and what is no such fact."""

import pytest

from app.articles.saving import ArticleToSave
from app.errors import Invalid
from app.importers import documents
from tests.importers.html.pages import NOW, data_of, page, read


def ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


def article(fields: str) -> str:
    return ld(f'{{"@type": "NewsArticle", "headline": "The weir holds", {fields}}}')


def test_a_graph_tells_author_date_and_description() -> None:
    story = read(data_of("graph.html"))

    made = story.article
    assert (made["headline"], made["kicker"]) == ("У Зграві відкрили міст через Липку", "Громада")
    assert made["standfirst"] == "Три роки містяни переходили річку кладкою, яку щовесни зносила вода."
    assert (made["byline"], made["language"]) == ("Олена Кравець", "uk")
    assert made["published_at"] == "2026-03-04T07:30:00.000Z"
    assert "updated_at" not in made, "a change before the publication is none"
    assert [source["slug"] for source in story.sources] == ["olena-kravets"]
    assert story.facts["authors"] == "JSON-LD author"
    assert story.facts["published_at"] == "JSON-LD datePublished"
    assert made["origin"]["url"] == "https://visnyk-zghravy.example/novyny/mist"


def test_broken_json_is_passed_over_and_a_value_with_time_and_zone_wins_within_a_day() -> None:
    story = read(data_of("broken_json.html"))

    assert story.article["headline"] == 'Snow on the line: "nobody moves"'
    assert story.article["published_at"] == "2026-01-08T06:45:00.000Z"
    assert story.facts["published_at"] == "article:published_time"
    assert story.article["byline"] is None, "neither an outlet, an address nor a button is a person"


def test_microdata_tells_author_and_date() -> None:
    story = read(data_of("microdata.html"))

    assert (story.article["byline"], story.facts["authors"]) == ("Olena Kravets", "microdata author")
    assert story.article["published_at"] == "2026-04-05T07:15:00.000Z"


def test_the_lines_beside_the_headline_tell_authors_and_date_in_the_zone_of_the_site() -> None:
    story = read(data_of("plain_times.html"))

    assert story.article["byline"] == "Jan Moy, Ann Lee"
    assert story.article["published_at"] == "2026-05-12T15:40:00.000Z"
    assert story.facts["published_at"] == "the line beside the headline"
    assert "its date has no zone, and is read in that of the site here (Europe/Kyiv)" in story.notes


@pytest.mark.parametrize(
    ("headline", "head"),
    [
        ("<h1>The weir holds</h1>", ""),
        ("<h1>Lypka Courier</h1><h2>The weir holds</h2>", ""),
        ("<p class=t>The weir holds</p>", '<meta property="og:title" content="The weir holds - Lypka Courier">'),
        ("<h1><small class=kicker>River</small> The weir holds</h1>", ""),
        ("<h1>River: The weir holds</h1>", article('"author": []')),
    ],
)
def test_a_headline_has_neither_kicker_nor_site(headline: str, head: str) -> None:
    assert read(page(headline=headline, head=head)).article["headline"] == "The weir holds"


@pytest.mark.parametrize(
    ("told", "instant"),
    [
        ("2026-03-04", "2026-03-03T22:00:00.000Z"),
        ("2026-03-04T09:30:00", "2026-03-04T07:30:00.000Z"),
        ("2026-03-04 09:30:00 +0100", "2026-03-04T08:30:00.000Z"),
        ("Wed, 04 Mar 2026 09:30:00 GMT", "2026-03-04T09:30:00.000Z"),
        ("1772616600", "2026-03-04T09:30:00.000Z"),
        ("0000-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("1970-01-01T00:00:00Z", None),
        ("2026-02-31", None),
        ("soon", None),
    ],
)
def test_dates_are_read_as_programs_write_them(told: str, instant: str | None) -> None:
    made = read(page(head=f'<meta property="article:published_time" content="{told}">')).article

    assert made.get("published_at") == instant


def test_a_date_of_comments_or_of_the_sidebar_is_none_of_the_story() -> None:
    behind = '<aside class="latest"><time datetime="2020-01-01">1 January 2020</time></aside>'
    comments = '<div id="comments"><time datetime="2026-05-05T10:00:00Z">5 May 2026</time></div>'

    story = read(page().replace("</main>", f"</main>{behind}{comments}"))

    assert "published_at" not in story.article
    assert "tells no date of publication" in story.notes


def test_a_day_that_may_be_read_in_two_ways_is_not_guessed() -> None:
    assert "published_at" not in read(page(lead='<p class="date">03/04/2026</p>')).article


@pytest.mark.parametrize(
    "name",
    [
        "Lypka Courier",
        "https://courier.example/ann",
        "Text Size",
        "News Desk",
        "admin",
        "ann@courier.example",
        "Lypka Courier November",
        "Ann D",
        "Reuters",
    ],
)
def test_what_is_no_person_is_no_author(name: str) -> None:
    head = f'<meta name="author" content="{name}">' + article(f'"author": {{"name": "{name}"}}')

    story = read(page(head=head))

    assert (story.article["byline"], story.sources) == (None, [])


def test_authors_are_told_apart() -> None:
    story = read(page(head='<meta name="author" content="Ann Lee and Jan Moy, Iva Oran">'))

    assert story.article["byline"] == "Ann Lee, Jan Moy, Iva Oran"
    assert [each["source"] for each in story.article["attributions"]] == ["ann-lee", "jan-moy", "iva-oran"]


def test_a_language_needs_page_and_text_to_agree() -> None:
    with pytest.raises(Invalid, match="the page says uk, and the text looks like en; give --language"):
        read(data_of("disagreeing.html"))

    assert read(data_of("disagreeing.html"), language="en").article["language"] == "en"
    assert read(data_of("polish.html")).article["language"] == "pl"


def test_no_speaker_or_source_is_guessed() -> None:
    story = read(data_of("polish.html"))

    assert story.article["attributions"] == [{"source": "anna-zielna", "role": "author"}]
    assert {block["type"] for block in story.article["body"]} == {"paragraph"}


def test_the_same_address_is_the_same_story_whatever_its_headline() -> None:
    head = '<link rel="canonical" href="https://courier.example/weir">'
    first, second = read(page(head=head)), read(page(head=head, headline="<h1>The weir still holds</h1>"))

    assert first.article["id"] == second.article["id"]
    assert read(page()).article["id"] != first.article["id"]


def test_scripts_in_fields_stay_text_or_go() -> None:
    attack = "&lt;script&gt;alert(1)&lt;/script&gt;"
    head = (
        article(f'"author": "{attack}", "description": "{attack}"')
        + f'<meta property="og:image" content="javascript:{attack}">'
    )

    made = read(
        page(head=head, body='<p onclick="x()">An <a href="javascript:x()">odd</a> link stands here.</p>')
    ).article

    assert (made["byline"], made["standfirst"], made["image"]) == (None, None, None)
    stored = documents.read({**made, "status": "draft"}, NOW)
    assert isinstance(stored.to_save, ArticleToSave), stored.faults
    assert "script" not in (stored.to_save.article.body or "")
