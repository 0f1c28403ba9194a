"""Plain text: what a story says, without markup. Paragraphs have an empty line between them, and are not wrapped."""

import re
from typing import Final

from app.content import html as inline
from app.formats.story import Json, Link, Story, lines, period

_SPACES: Final = re.compile(r"[ \t\r\n\f]+")  # blanks that HTML shows as one
_BREAK: Final = re.compile(r"<br\s*/?>")


def render(story: Story) -> bytes:
    """The whole story, or note, with its title, dates, body, sources, corrections and address."""
    return TextWriter(story).whole().encode()


def body(story: Story) -> str:
    """The blocks alone; of a note its facts too."""
    return _joined(TextWriter(story).body())


def one_line(text: str) -> str:
    """Plain text without line breaks."""
    return " ".join(lines(text))


def quoted(html: str) -> str:
    """Inline HTML with the quotation marks that a browser shows around `q`."""
    return html.replace("<q>", "“").replace("</q>", "”")


def _joined(parts: list[str]) -> str:
    return "\n\n".join(filter(None, parts))


class TextWriter:
    """Writes one story. The order of its parts is the same in all text formats; how each looks may be overridden."""

    def __init__(self, story: Story, level: int = 1) -> None:
        """`level` is that of the story's title among the headings."""
        self.story = story
        self.level = level

    def whole(self) -> str:
        story, document, image = self.story, self.story.document, self.story.document.get("image")
        dates = [f"{story.words[word]}: {story.site.local_time(at)}" for word, at in story.dates]
        parts = [
            self.text(" · ".join(story.warnings)),
            self.text(document.get("kicker") or ""),
            self.title(1, story.title),
            self.text(document.get("standfirst") or ""),
            self.text("\n".join([document.get("byline") or "", document.get("dateline") or "", *dates])),
            self._disclosure(),
            self.image(image) if image else "",
            *self.body(),
            *self._foot(),
            self.link(Link(story.address, story.address, "published")),
        ]
        return _joined(parts) + "\n"

    def body(self) -> list[str]:
        """The blocks; of a note its facts too."""
        document = self.story.document
        blocks = [self._block(number, block) for number, block in enumerate(document["body"])]
        facts = [self.text(_fact(fact)) for fact in self.story.facts]
        return [*blocks, self.bullets(facts, number=len(blocks))]

    def _block(self, number: int, block: Json) -> str:
        story = self.story
        match block["type"]:
            case "paragraph":
                return self.html(block["html"])
            case "heading":
                return self.title(block["level"], block["text"])
            case "quote":
                return self.quote(block)
            case "list":
                return self.bullets([self.html(item) for item in block["items"]], number, ordered=block["ordered"])
            case "image":
                return self.image(block)
            case "reference_note":
                note = story.note(block)
                return "" if note is None else self.box(note)
            case "related":
                return "" if (link := story.link(block)) is None else self._related(link)
            case "embed":
                shown = self.html(block["html"]) if block["html"] else self.text(block["provider"])
                url = story.site.absolute(block["url"])
                return _joined([shown, self.link(Link(url, url, "published"))])
            case "table":
                return self.table(block["header"], block["rows"])
            case "code":
                return self.code(block["language"] or "", block["text"])
            case _:
                return "* * *"

    def _related(self, link: Link) -> str:
        return f"{self.story.words[link.relation]}: {self.link(link)}"

    def _foot(self) -> list[str]:
        story, words = self.story, self.story.words
        note = story.document.get("editors_note")
        corrections = [
            f"{story.site.local_time(each['at'])}, {words[each['kind']]}: {self.text(one_line(each['text']))}"
            for each in story.document.get("corrections", ())
        ]
        tags = ", ".join(tag["label"] for tag in story.tags)
        return [
            self._as_of(),
            self.text(f"{words['editors_note']}: {note}") if note else "",
            *self.section(words["corrections"], corrections),
            *self._sources(),
            *self.section(words["related"], [self._related(link) for link in story.links]),
            self.text(f"{words['tags']}: {one_line(tags)}") if tags else "",
        ]

    def _sources(self) -> list[str]:
        words = self.story.words
        items = []
        for name, role, url, text, _ in self.story.credits:
            exact_words = f": “{self.text(one_line(text))}”" if text else ""
            items.append(f"{self.link(Link(name, url, role))} ({words[role]}){exact_words}")
        return self.section(words["sources"], items)

    def _as_of(self) -> str:
        as_of = self.story.document.get("as_of")
        return f"{self.story.words['as_of']} {as_of}" if as_of else ""

    def _disclosure(self) -> str:
        return self.text(self.story.disclosure(self.story.document["ai"]) or "")

    def _of_note(self) -> list[str]:
        """A note within a story, below its title."""
        return [*self.body(), self._as_of(), self._disclosure(), *self._sources()]

    # --- how the parts look ---

    def text(self, text: str) -> str:
        """Plain text, line by line."""
        return "\n".join(lines(text))

    def html(self, html: str) -> str:
        """Inline HTML, as a browser shows it: blanks as one, breaks as new lines."""
        parts = _BREAK.split(quoted(html)) if "<" in html else [html]
        shown = (_SPACES.sub(" ", inline.plain(part)).strip(" ") for part in parts)
        return "\n".join(filter(None, shown))

    def title(self, level: int, text: str) -> str:
        return self.text(one_line(text))

    def bullets(self, items: list[str], number: int = 0, *, ordered: bool = False) -> str:
        """A list. `number` is its place among the blocks."""
        return "\n".join(f"{n}. {item}" if ordered else f"- {item}" for n, item in enumerate(items, 1))

    def section(self, title: str, items: list[str]) -> list[str]:
        """A list under a title; nothing without items."""
        return [f"{title}:\n{self.bullets(items)}"] if items else []

    def quote(self, quote: Json) -> str:
        words, speaker = self.html(quote["html"]), self.story.speaker(quote)
        shown = f"“{words}”" if quote["verbatim"] else words
        return f"{shown}\n— {self.text(speaker)}" if speaker else shown

    def link(self, link: Link) -> str:
        text = one_line(link.text)
        return f"{text}: {link.url}" if link.url and link.url != text else text

    def image(self, image: Json) -> str:
        """What a picture shows, its caption, credits and address, in brackets."""
        url = self.story.site.absolute(image["url"]) if image["url"] else None
        texts = (image["alt_text"], image["caption"], self.story.credit(image), self.story.disclosure(image["ai"]))
        parts = filter(None, (*texts, url))
        shown = ". ".join(self.text(part).rstrip(".") for part in parts)
        kind = self.story.words["video" if image["media"] == "video" else "picture"]
        return f"[{kind}: {shown}]" if shown else ""

    def box(self, note: Story) -> str:
        writer = type(self)(note)
        return _joined([writer.title(2, note.title), *writer._of_note()])

    def table(self, header: list[str], rows: list[list[str]]) -> str:
        return "\n".join("\t".join(map(one_line, row)) for row in ([header] if header else []) + rows)

    def code(self, language: str, text: str) -> str:
        return text.strip("\n")


def _fact(fact: Json) -> str:
    """A dated fact of a note in one line: `2022-05: The bridge was opened.`"""
    when, text = period(fact), one_line(fact["text"])
    return f"{when}: {text}" if when else text
