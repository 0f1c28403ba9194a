"""The pieces of the story itself: pictures, tables, notes, quotations, lists, subheads, paragraphs."""

import re

from app.importers.page import buttons, credits, notes, quotes, recognisers, tables
from app.importers.page.text import Line
from app.importers.page.walk import Walk


def table(walk: Walk) -> bool:
    """A table, flattened in one of three ways."""
    if walk.place >= walk.run_end:
        walk.run_end = walk.place
        while walk.kind(walk.run_end) in (None, "date", "item") and (line := walk.line(walk.run_end)) is not None:
            if line.apart and walk.run_end > walk.place:
                break
            walk.run_end += 1
    run = walk.lines[walk.place : walk.run_end]
    found = tables.read(run)
    if found is None:
        return False
    taken = run[: found.lines]
    walk.add("table", taken, found.rule, 0.8, header=found.header, rows=found.rows)
    walk.place += len(taken)
    return True


def image(walk: Walk) -> bool:
    """A photo line, or the two lines of credit and caption."""
    if walk.kind(walk.place) in ("note", "update", "earlier", "see_also", "sidebar", "tags"):
        return False
    line = walk.lines[walk.place]
    credit = credits.read(line)
    if credit is None:
        return _captioned(walk)
    last = walk.layout.pieces[-1] if walk.layout.pieces else None
    if last and last.kind == "image" and not line.apart and _fits(last.data["credit"], credit):
        last.lines.append(line)
        last.data["credit"] = _merged(last.data["credit"], credit)
        walk.use(line, "image", credit.rule, 0.9)
    else:
        walk.add("image", [line], credit.rule, 0.9, credit=credit)
    walk.place += 1
    return True


def _captioned(walk: Walk) -> bool:
    """A line set off from the story together with the credit below it: the caption of that picture."""
    line, below, behind = (walk.line(walk.place + step) for step in range(3))
    if line is None or below is None or not walk.plain(walk.place) or line.words > 30:
        return False
    if not line.apart or below.apart or not (behind is None or behind.apart) or (credit := credits.read(below)) is None:
        return False
    if credit.caption is not None or credit.credit_line is None:
        return False
    caption = credits.Credit("photo", None, line.text, (), None, credit.rule)
    walk.add("image", [line, below], "caption above its credit", 0.8, credit=_merged(caption, credit))
    walk.place += 2
    return True


def _fits(one: credits.Credit, other: credits.Credit) -> bool:
    return (one.credit_line is None) != (other.credit_line is None) and (one.caption is None or other.caption is None)


def _merged(one: credits.Credit, other: credits.Credit) -> credits.Credit:
    credit = one if one.credit_line else other
    return credits.Credit(
        credit.media, credit.credit_line, one.caption or other.caption, credit.photographers, credit.source, credit.rule
    )


def update(walk: Walk) -> bool:
    """A correction, an update, or a note of the editors."""
    mark = walk.mark(walk.place)
    if mark is None or mark.kind != "update":
        return False
    walk.add("update", [walk.lines[walk.place]], mark.rule, 0.9, update=mark.data["update"])
    walk.place += 1
    return True


def note(walk: Walk) -> bool:
    """A reference note to its end."""
    mark = walk.mark(walk.place)
    if mark is None or mark.kind != "note":
        return False
    if (following := walk.line(walk.place + 1)) and walk.kind(walk.place + 1) in (None, "item"):
        mark = notes.titled(mark, following)
    extent = notes.extent(walk.lines, walk.marks, walk.place, mark)
    if extent == 0:
        return False
    walk.add("reference_note", walk.lines[walk.place : walk.place + extent], mark.rule, 0.85, mark=mark)
    walk.place += extent
    return True


def quote(walk: Walk) -> bool:
    """A quotation, over as many paragraphs as it takes."""
    if walk.kind(walk.place) not in (None, "item"):
        return False
    line = walk.lines[walk.place]
    before = walk.layout.pieces[-1] if walk.layout.pieces else None
    led = before is not None and before.kind == "paragraph" and before.text.endswith(":")
    found = quotes.find(line.text, led=led)
    if found is not None and not led and _titles(walk, found):
        return False
    if found is None and walk.interview and walk.answers(walk.place):
        answer = quotes.Quotation([recognisers.BULLET.sub("", line.text)])
        walk.add("quote", [line], "answer of an interview", 0.8, quotation=answer, led=False, answers=True)
        walk.place += 1
        return True
    if found is None:
        return False
    taken = [line]
    while found.open:
        following = walk.line(walk.place + len(taken))
        if (
            following is None
            or walk.kind(walk.place + len(taken)) not in (None, "item")
            or not _continues(line, following)
        ):
            break
        opened = following.text if following.text[0] == line.text[0] else line.text[0] + following.text
        more = quotes.find(opened, led=True)
        if more is None:
            more = quotes.Quotation([following.text.strip('«»“”" ')])
        found.parts += more.parts
        found.clause = found.clause or more.clause
        found.after, found.open = more.after, more.open
        taken.append(following)
    if found.open and len(taken) == 1 and found.clause is None and not led:
        return False
    walk.add(
        "quote", taken, "quotation over paragraphs" if len(taken) > 1 else "quotation", 0.9, quotation=found, led=led
    )
    walk.place += len(taken)
    return True


def _titles(walk: Walk, found: quotes.Quotation) -> bool:
    """Whether quoted words are a subhead: few, without a speaker or the mark of a sentence's end, above text."""
    line, below = walk.lines[walk.place], walk.line(walk.place + 1)
    if found.clause is not None or found.open or line.words > 12 or found.before or found.after:
        return False
    ended = found.parts[-1].endswith((".", "!", "?", "…", ",")) or line.text.endswith((".", ","))
    return not ended and below is not None and walk.plain(walk.place + 1) and below.words > line.words


def _continues(first: Line, following: Line) -> bool:
    mark = first.text[0]
    if following.text.startswith(mark):
        return True
    closing = {"«": "»", "“": "”", "„": "“", '"': '"'}.get(mark, "")
    return (
        bool(closing)
        and following.text.count(closing) == 1
        and following.text.count(mark) == (1 if mark == '"' else 0)
        and (
            following.text.rstrip(" .").endswith(closing)
            or re.search(rf"{closing}\s*,?\s*[—–-]\s", following.text) is not None
        )
    )


def listing(walk: Walk) -> bool:
    """Lines behind bullets, numbers or dashes that are no dialogue."""
    place = walk.place
    items: list[Line] = []
    number: str | None = None
    while place < len(walk.lines):
        mark = walk.mark(place)
        if (
            mark is None
            or mark.kind != "item"
            or (items and (mark.data["mark"] in "—–-") != (items[0].text[0] in "—–-"))
        ):
            break
        number = mark.data["number"] if not items else number
        items.append(walk.lines[place])
        place += 1
    announced = bool(walk.layout.pieces) and walk.layout.pieces[-1].text.endswith(":")
    if not items:
        return _plain_list(walk) if announced else False
    dashes = items[0].text[0] in "—–-"
    if dashes and not announced and (len(items) < 2 or _talk(items)):
        return False
    if number is not None and len(items) < 2 and not announced:
        return False
    walk.add(
        "list",
        items,
        "list",
        0.9,
        ordered=number is not None,
        items=[recognisers.BULLET.sub("", item.text) for item in items],
    )
    walk.place = place
    return True


def _talk(items: list[Line]) -> bool:
    """Whether lines behind dashes are a dialogue rather than a list."""
    if any(item.text.endswith("?") for item in items) or any(item.words > 40 for item in items):
        return True
    return items[0].text[0] in "—–" and all(item.text.endswith((".", "!", "…")) for item in items)


def _plain_list(walk: Walk) -> bool:
    """Lines close together behind a colon, each ending in a semicolon."""
    items: list[Line] = []
    place = walk.place
    while walk.plain(place) and (not items or not walk.lines[place].apart) and walk.lines[place].words <= 40:
        items.append(walk.lines[place])
        place += 1
        if not items[-1].text.endswith((";", ",")):
            break
    if len(items) < 2:
        return False
    walk.add("list", items, "lines behind a colon", 0.75, ordered=False, items=[item.text for item in items])
    walk.place = place
    return True


def heading(walk: Walk) -> bool:
    """A subhead: a short line without a full stop above text of the story."""
    line = walk.lines[walk.place]
    if walk.kind(walk.place) not in (None, "item") or walk.place >= walk.end:
        return False
    text = line.text
    if (
        line.words > 14
        or len(text) > 110
        or text.endswith((".", ",", ";", ":", "…"))
        or not (text[0].isupper() or text[0].isdigit() or text[0] in "«“\"„¿‘'")
    ):
        return False
    found = quotes.find(text)
    if found and not text.endswith(("?", "!")) and not _titles(walk, found):
        return False
    following = walk.line(walk.place + 1)
    if following is None or (not line.apart and following.words < line.words * 1.5):
        return False
    kind = walk.kind(walk.place + 1)
    if kind in ("furniture", "tags", "sidebar", "byline", "date"):
        after = next((p for p in range(walk.place + 1, len(walk.lines)) if walk.kind(p) != "furniture"), None)
        if after is None or after > walk.end or kind != "furniture":
            return False
    walk.add("heading", [line], "short line above a paragraph", 0.8)
    walk.place += 1
    return True


def button(walk: Walk) -> bool:
    """A few words among the buttons below the story are a button that no list knows."""
    line = walk.lines[walk.place]
    if walk.place <= walk.end or not walk.plain(walk.place) or line.closed:
        return False
    if buttons.is_menu(line):
        walk.furniture(walk.place, "a menu", 0.7)
        walk.place += 1
        return True
    if line.words > 4:
        return False
    if walk.tail and not line.text[0].isdigit() and line.text[-1] not in ".:;,":
        walk.furniture(walk.place, "a few words in the tail of the page", 0.5)
        walk.place += 1
        return True
    around = (walk.kind(walk.place - 1), walk.kind(walk.place + 1))
    known = walk.layout.uses.get(walk.lines[walk.place - 1].number, ("",))[0] == "furniture"
    if (known or around[0] == "furniture") and (
        around[1] == "furniture" or walk.place + 1 >= len(walk.lines) or not line.apart
    ):
        walk.furniture(walk.place, "a short line among buttons", 0.6)
        walk.place += 1
        return True
    return False


def paragraph(walk: Walk) -> bool:
    """Whatever nothing else took: no text is lost."""
    line = walk.lines[walk.place]
    sure = 0.9 if line.words >= 9 and line.closed and walk.place <= walk.end else 0.5
    walk.add("paragraph", [line], "text of the story" if sure > 0.5 else "nothing plainer", sure)
    walk.place += 1
    return True
