"""The top of a page: headline, kicker, byline, dates, section, and the standfirst."""

import re
from typing import Final

from app.importers.page import aside, attributions, authors, buttons, credits, dates, nouns, quotes, recognisers, story
from app.importers.page.recognisers import Mark
from app.importers.page.text import Line, low, sentences
from app.importers.page.walk import Walk
from app.importers.page.words import words

_HEAD_LINES: Final = 25
_MASTHEAD_LINES: Final = 12
_META: Final = frozenset({"byline", "byline_label", "date", "section", "breadcrumb", "name", "section_name"})
_BETWEEN: Final = frozenset({"update", "tags", "see_also", "earlier", "sidebar", "item", "note"})
_CLOCK: Final = re.compile(r"\d{1,2}[:.]\d{2}")
_SITE: Final = re.compile(r"\s+(?:\||::|»|•)\s+([^|]{2,40})$")


def headline(walk: Walk) -> None:
    """The first line that is no furniture; a section's name or a site's name above it is told apart."""
    place = start = _below_masthead(walk)
    while place < min(start + 5, len(walk.lines) - 1) and walk.kind(place) in (
        "furniture",
        "breadcrumb",
        "date",
        "section",
        "byline",
    ):
        walk.furniture(place) if walk.kind(place) == "furniture" else walk.meta(place)
        place += 1
    first = walk.lines[place]
    following = walk.line(place + 1)
    section = recognisers.section_alone(first)
    short_label = section is not None or (first.text.isupper() and first.words <= 3)
    if short_label and following and walk.plain(place + 1) and 4 <= following.words <= 30:
        if section:
            walk.marks[place] = Mark(section.kind, "section above the headline", section.confidence, section.data)
            walk.meta(place)
        else:
            walk.layout.kicker = first.text
            walk.use(first, "kicker", "label above the headline", 0.7)
        place += 1
    headline = walk.lines[place].text
    if (site := _SITE.search(headline)) and _is_site(walk, site[1]):
        headline = headline[: site.start()]
    walk.layout.headline = headline
    if walk.kind(place) == "furniture":
        walk.furniture(place)  # the last line, and no headline before it
    else:
        walk.use(walk.lines[place], "headline", "first line of the page", 0.95)
    walk.place = place + 1
    again = walk.line(walk.place)
    if again is not None and again.low == low(headline):
        walk.use(again, "headline", "the headline again", 0.9)
        walk.place += 1


def _below_masthead(walk: Walk) -> int:
    """The place below the site's name, menu, and cookie line, where a headline still follows; they go nowhere."""
    last = next((place for place in reversed(range(_MASTHEAD_LINES)) if _tops_page(walk, place)), -1)
    above = range(last + 1)
    if any(walk.kind(place) == "byline" or _too_long_for_a_name(walk, place) for place in above):
        return 0  # a headline stands above it
    if not any(_heads(walk, place) for place in range(last + 1, min(last + 5, len(walk.lines)))):
        return 0
    for place in above:
        if walk.kind(place) in ("date", "breadcrumb"):
            walk.meta(place)
        elif walk.mark(place):
            walk.furniture(place)
        else:
            walk.furniture(place, "masthead of the site", 0.7)
    return last + 1


def _too_long_for_a_name(walk: Walk, place: int) -> bool:
    """Whether a line of the masthead has more words than a site's name, or the motto below it, has."""
    return walk.plain(place) and not _tops_page(walk, place) and walk.lines[place].words > (8 if place else 5)


def _tops_page(walk: Walk, place: int) -> bool:
    """Whether a line is one that pages have above a headline: a menu, a cookie line, or at first the site's name."""
    line = walk.line(place)
    if line is None or line.words > 30 or walk.kind(place) in ("breadcrumb", "date", "byline"):
        return False
    row = len(line.cells) > 3 and all(len(cell.split()) <= 2 for cell in line.cells)
    if place and walk.kind(place) == "furniture" and _is_masthead(walk, 0):
        return all(above.words <= 4 for above in walk.lines[:place])
    if row or buttons.is_menu(line) or "cookie" in line.low or line.bare in words().any("furniture", "masthead"):
        return True
    alone = recognisers.section_alone(line), recognisers.section_alone(walk.lines[place - 1]) if place else None
    return all(alone) or (place <= 2 and (_is_masthead(walk, place) or _is_motto(walk, place)))


def _heads(walk: Walk, place: int) -> bool:
    line = walk.lines[place]
    return walk.plain(place) and 3 <= line.words <= 30 and not line.closed


def _is_masthead(walk: Walk, place: int) -> bool:
    """Whether a first line of a few words is the site's name: an outlet's, or one that comes back below."""
    first = walk.lines[place]
    if first.words > 4 or not walk.plain(place):
        return False
    below = next((line for line in walk.lines[place + 1 : _MASTHEAD_LINES] if line.words >= 5), None)
    if below is None or walk.marks[walk.lines.index(below)] is not None or below.words > 30:
        return False
    if recognisers.is_site_name(first.text) and not below.closed:
        return True
    title = (place > 0 or first.first == "the") and all(word[0].isupper() for word in first.text.split())
    again = [line for line in walk.lines[place + 2 :] if first.bare in line.low]
    return any(
        "©" in one.text
        or "/" in one.text
        or f'"{first.bare}"' in one.low
        or (title and first.text in one.text)
        or (one.low.endswith(first.bare) and len(one.text) < 60)
        for one in again
    )


def _is_motto(walk: Walk, place: int) -> bool:
    """Whether a line close below the site's name is set off with it from the headline."""
    if not place or not walk.plain(place) or walk.lines[place].apart or not _is_masthead(walk, place - 1):
        return False
    below = walk.line(place + 1)
    return below is not None and below.apart and _heads(walk, place + 1)


def _is_site(walk: Walk, name: str) -> bool:
    folded = low(name).strip()
    if re.fullmatch(r"(?:[\w-]+\.)+\w{2,}", folded):
        return True
    return any(folded in line.low for line in walk.lines[1:] if line.words < 14 and "©" in line.text) or bool(
        set(folded.split()) & {"news", "новини", "новости"}
    )


def head(walk: Walk) -> None:
    """The lines between the headline and the story."""
    while walk.place < min(len(walk.lines), _HEAD_LINES):
        line = walk.lines[walk.place]
        mark = walk.mark(walk.place) or recognisers.name_alone(line) or recognisers.section_alone(line)
        kind = mark.kind if mark else None
        if kind == "byline_label" and (name := walk.line(walk.place + 1)) and authors.names_only(name.text):
            walk.meta(walk.place)
            walk.marks[walk.place + 1] = Mark(
                "byline", "name under its label", 0.85, {"byline": authors.names_only(name.text)}
            )
            walk.meta(walk.place + 1)
            walk.place += 2
        elif mark is not None and kind in _META and not (kind == "breadcrumb" and line.closed):
            walk.marks[walk.place] = mark
            walk.meta(walk.place)
            walk.place += 1
        elif mark is None and credits.read(line) and story.image(walk):
            continue
        elif kind == "furniture" or (mark is None and re.fullmatch(r"\d[\d\s.,]*[kкKК]?", line.text)):
            walk.furniture(walk.place, "" if mark else "a counter")
            walk.place += 1
        elif (label := _date_label(walk)) is not None:
            walk.use(line, "meta", "label of a date", 0.9)
            walk.marks[walk.place + 1].data["kinds"][0] = label  # type: ignore[union-attr]  # `_date_label` saw it
            walk.place += 1
        elif mark is None and (stamp := dates.guess(line.low)) is not None:
            walk.marks[walk.place] = Mark(
                "date", "date by dateparser", 0.7, {"stamps": [stamp], "kinds": ["published"]}
            )
            walk.meta(walk.place)
            walk.place += 1
        elif mark is None and (dated := recognisers.dated_in_head(line)) is not None:
            walk.marks[walk.place] = dated
            walk.meta(walk.place)
            walk.place += 1
        elif mark is None and line.low.startswith("by ") and line.words <= 6 and not line.closed:
            walk.use(line, "meta", "byline without a name", 0.7)
            walk.place += 1
        elif mark is None and (who := _author_beside(walk, line)) is not None:
            walk.marks[walk.place] = Mark("byline", "names beside a date", 0.7, {"byline": who})
            walk.meta(walk.place)
            walk.place += 1
        elif mark is None and _title_of_author(walk, line):
            walk.use(line, "meta", "post of the author", 0.8)
            walk.place += 1
        elif mark is None and walk.layout.meta and line.words <= 4 and authors.is_title(line.text):
            walk.use(line, "meta", "a newsroom's title without a name", 0.7)
            walk.place += 1
        elif mark is None and line.words <= 4 and recognisers.is_site_name(line.text):
            walk.furniture(walk.place, "name of the site", 0.7)
            walk.place += 1
        elif mark is None and line.words <= 3 and not line.closed and walk.kind(walk.place + 1) in ("byline", "date"):
            newsroom = nouns.head_of(line.first) is not None or authors.is_title(line.text.removesuffix("s"))
            walk.marks[walk.place] = Mark(
                "section_name", "a few words above byline or date", 0.6, {"section": None if newsroom else line.text}
            )
            walk.meta(walk.place)
            walk.place += 1
        elif mark is None and _label_in_head(walk):
            walk.layout.kicker = walk.layout.kicker or line.text
            walk.use(line, "kicker", "a few words above byline or date", 0.5)
            walk.place += 1
        elif mark is None and walk.layout.standfirst is None and (rule := _standfirst_rule(walk)):
            walk.layout.standfirst = line
            walk.use(line, "standfirst", rule, 0.8)
            walk.place += 1
        elif not (_between(walk) or story.image(walk) or _stray(walk)):
            return


def _between(walk: Walk) -> bool:
    """Takes a correction, tags, a link or a label that stands between the lines of the head, so that it goes on."""
    kind = walk.kind(walk.place)
    rubric = kind == "sidebar" and walk.place < walk.end and not (walk.layout.pieces or walk.layout.standfirst)
    if kind not in _BETWEEN or not (rubric or _goes_on(walk)):
        return False
    if kind == "sidebar":
        walk.furniture(walk.place)
    elif kind == "tags":
        walk.meta(walk.place)
    elif kind in ("item", "note"):
        walk.add("paragraph", [walk.lines[walk.place]], "a line between those of the head", 0.4)
    else:
        return story.update(walk) or aside.earlier(walk) or aside.see_also(walk)
    walk.place += 1
    return True


def _goes_on(walk: Walk) -> bool:
    """Whether a section stands right below, or a date or byline close below with no more than a summary between."""
    below = walk.line(walk.place + 1)
    if below is not None and recognisers.section_alone(below):
        return True
    for place in range(walk.place + 1, min(walk.place + 5, len(walk.lines))):
        if walk.kind(place) in ("byline", "date", "breadcrumb", "section"):
            return True
        if walk.lines[place].words > 40:
            return False
    return False


def _stray(walk: Walk) -> bool:
    """Takes a line of which nothing is known but that the head goes on below it; it stays, as a paragraph."""
    if not walk.plain(walk.place) or walk.lines[walk.place].closed:
        return False
    for place in range(walk.place + 1, min(walk.place + 4, len(walk.lines))):
        if _head_kind(walk, place) in _META:
            walk.add("paragraph", [walk.lines[walk.place]], "a line between those of the head", 0.4)
            walk.place += 1
            return True
        if walk.kind(place) not in _BETWEEN and (not walk.plain(place) or walk.lines[place].closed):
            return False
    return False


def _label_in_head(walk: Walk) -> bool:
    """Whether a few words stand above the date or byline of the page, with nothing but the head between."""
    line = walk.lines[walk.place]
    if line.words > 4 or line.closed or walk.layout.kicker or any(m.kind == "date" for m in walk.layout.meta):
        return False
    for place in range(walk.place + 1, min(walk.place + 4, len(walk.lines))):
        kind = _head_kind(walk, place)
        if kind in ("date", "byline"):
            return True
        if kind not in _META and kind != "furniture" and walk.lines[place].words > 4:
            return False
    return False


def _author_beside(walk: Walk, line: Line) -> str | None:
    """The names of a line above or below a date or section; None for other lines."""
    if any(mark.data.get("byline") for mark in walk.layout.meta):
        return None
    before = walk.layout.uses.get(walk.lines[walk.place - 1].number, ("",))[0] == "meta"
    beside = walk.kind(walk.place + 1) == "date" or before
    return authors.probable_names(line.text) if beside else None


def _title_of_author(walk: Walk, line: Line) -> bool:
    behind = bool(walk.layout.meta) and walk.layout.meta[-1].kind in ("byline", "name")
    return behind and line.words <= 8 and authors.is_title(re.split(r",\s|\s(?:in|of|for)\s", line.text)[0])


def _date_label(walk: Walk) -> str | None:
    """`published` or `updated`, for a label alone above a line of dates; None for other lines."""
    line, following = walk.lines[walk.place], walk.mark(walk.place + 1)
    if following is None or following.kind != "date" or line.words > 4:
        return None
    for kind in ("updated", "published"):
        if line.bare in words().any("dates", kind):
            return kind
    return None


def _standfirst_rule(walk: Walk) -> str | None:
    """Why the line here is a summary and no beginning of the story; None where it is none."""
    line, following = walk.lines[walk.place], walk.line(walk.place + 1)
    if following is None or line.words < 4 or line.words > 70 or quotes.find(line.text) or credits.read(line):
        return None
    ahead = [_head_kind(walk, place) for place in range(walk.place + 1, min(walk.place + 5, len(walk.lines)))]
    own = [i for i, kind in enumerate(ahead) if kind in ("byline", "date", "breadcrumb", "byline_label")]
    if own and all(kind in _META | _BETWEEN or kind == "furniture" for kind in ahead[: own[0]]):
        return "stands between headline and byline or date"
    if walk.place + 1 < len(walk.lines) and recognisers.name_alone(following) and line.words >= 6:
        return "stands between headline and byline or date"
    place = walk.place + 1
    while place < min(len(walk.lines), _HEAD_LINES) and (
        walk.kind(place) == "furniture" or credits.read(walk.lines[place])
    ):
        place += 1
    if not line.closed and line.words >= 6 and walk.plain(place) and _begins_story(walk.lines[place]):
        return "a summary without a full stop"
    if line.words >= 9 and place < len(walk.lines) and _asks(walk.lines[place]):
        return "stands above an interview"
    if line.words >= 9 and place < len(walk.lines) and _CLOCK.fullmatch(walk.lines[place].text):
        return "stands above a chronicle"
    if _sums_up(line) and walk.plain(place) and _is_lead(walk.lines[place], line):
        return "a short sentence above the lead"
    if walk.plain(place) and _leans_on_headline(line, walk.layout.headline, walk.lines[place]):
        return "a sentence that names nobody above one that begins anew"
    short = len(sentences(line.text)) == 1 and line.words <= 40 and following.words <= 26
    if (
        short
        and walk.plain(walk.place + 1)
        and is_attribution_line(following.text)
        and not attributions.find(line.text)
    ):
        return "one sentence, its source on the next line"
    return None


def _sums_up(line: Line) -> bool:
    """Whether a line is one short sentence that tells neither when nor who says so."""
    if not 5 <= line.words <= 14 or not line.closed or len(sentences(line.text)) > 1 or attributions.find(line.text):
        return False
    weekdays = words().any("dates", "weekdays")
    return not dates.stamps(line.low) and not any(word in weekdays for word in re.findall(r"[\w']+", line.low))


def _is_lead(line: Line, summary: Line) -> bool:
    """Whether a line is the lead below a summary: longer, and with the source that the summary leaves out."""
    return line.words > 1.25 * summary.words and bool(attributions.find(line.text))


def _leans_on_headline(line: Line, headline: str, lead: Line) -> bool:
    """Whether a sentence names nobody and no place, as it has the headline before it, and the next names them anew."""
    if not 9 <= line.words <= 40 or not line.closed or len(sentences(line.text)) > 1 or attributions.find(line.text):
        return False
    if _names_in(line.text) or dates.stamps(line.low):
        return False
    names = {low(name)[:5] for name in _names_in(headline)}
    return _begins_story(lead) and any(low(name)[:5] in names for name in _names_in(lead.text))


def _names_in(text: str) -> list[str]:
    """The capitalised words of a text but for its first."""
    return re.findall(r"(?<=[^.!?:]\s)[«“\"(]?([^\W\d_a-zа-яіїєґ][\w'’-]{2,})", text)


def _head_kind(walk: Walk, place: int) -> str | None:
    """What a line would be in the head of a page."""
    line = walk.lines[place]
    mark = walk.mark(place) or recognisers.name_alone(line) or recognisers.section_alone(line)
    if mark is None and walk.kind(place + 1) == "date" and authors.probable_names(line.text):
        return "name"
    return mark.kind if mark else None


def _asks(line: Line) -> bool:
    """Whether a line is the first question of an interview."""
    return line.text.endswith("?") and 3 <= line.words <= 40


def _begins_story(line: Line) -> bool:
    return line.words >= 9 and line.closed


def is_attribution_line(text: str) -> bool:
    """Whether a paragraph does nothing but name the source of the whole story."""
    if len(sentences(text)) != 1:
        return False
    folded = low(text)
    if re.match(r"(?:про це|об этом)\b", folded) or re.search(
        r"\b(?:reports?|reported|announced|said|wrote) (?:about )?this\b", folded
    ):
        return bool(attributions.find(text))
    passive = re.match(
        r"this (?:was|is|has been) (?:reported|announced|stated|said)|the (?:news|information) was", folded
    )
    return passive is not None or (
        re.match(r"про [\w\s-]{3,60}(?:повідом|розпов|заяв|пиш|ідеться|йдеться|інформ)", folded) is not None
        and len(text.split()) <= 16
    )
