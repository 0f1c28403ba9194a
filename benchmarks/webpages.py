"""How well and how fast web pages are read: `python -m benchmarks.webpages FOLDER…`, against golds of others.

A folder is a checkout of flairNLP/fundus, whose parsers have fixtures with golds, or of adbar/trafilatura with its
evaluation set; each has its own form. `--share 0-7` takes the pages alone whose path within the folder has a SHA-256
that begins with one of these digits. trafilatura alone is measured beside it on the same pages.
Output: a line for each measure; with `--wrong` a line for each page and fact that is not as the gold has it.

Body recall and precision are of words, with their number, on pages of fundus; on those of trafilatura they are the
share of lines found that must be, and of lines kept out that must not be.
"""

import argparse
import gzip
import hashlib
import json
import logging
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parent.parent))

from app.content import html
from app.errors import Invalid
from app.importers.html import authors, dates, metadata, saved, stories
from app.importers.html.given import Given
from app.importers.html.metadata import fold

ZONE = ZoneInfo("Europe/Kyiv")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class Gold:
    """What a page has by others; a measure whose gold is None is not taken on it."""

    name: str
    data: bytes
    headline: str | None = None
    published: date | None = None
    at: datetime | None = None
    authors: list[str] | None = None
    body: str | None = None
    captions: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    other_lines: list[str] = field(default_factory=list)


@dataclass
class Read:
    """What was read from a page."""

    headline: str = ""
    published: date | None = None
    authors: list[str] = field(default_factory=list)
    body: str = ""
    captions: list[str] = field(default_factory=list)


def golds(folder: Path, share: str) -> Iterator[Gold]:
    """The pages with golds in a folder whose paths belong to the share."""
    for path in sorted(folder.rglob("*.html.gz")):
        golds_of_publisher = [file for file in path.parent.glob("*.json") if path.name.startswith(f"{file.stem}_20")]
        if _is_in(path.relative_to(folder), share) and golds_of_publisher:
            yield _of_fundus(path, json.loads(golds_of_publisher[0].read_text()))
    annotations = folder / "tests" / "evaldata.json"
    if annotations.exists():
        for item in json.loads(annotations.read_text()).values():
            files = (folder / "tests" / place / item["file"] for place in ("cache", "eval"))
            file = next((file for file in files if file.exists()), None)
            if file is not None and _is_in(file.relative_to(folder), share):
                yield _of_trafilatura_set(file, item)


def _of_trafilatura_set(file: Path, item: dict[str, Any]) -> Gold:
    written = item.get("author") or []
    return Gold(
        file.name, file.read_bytes(), headline=item.get("title") or None,
        published=moment.at.date() if (moment := dates.parse((item.get("date") or "").replace(".", "-"))) else None,
        authors=(re.split(r"\s*[;,]\s*", written) if isinstance(written, str) else written) or None,
        lines=item["with"], other_lines=item["without"],
    )  # fmt: skip


def _is_in(path: Path, share: str) -> bool:
    first, _, last = share.partition("-")
    return first <= hashlib.sha256(str(path).encode()).hexdigest()[0] <= (last or first)


def _of_fundus(path: Path, versions: dict[str, dict[str, Any]]) -> Gold:
    """The gold of a fixture; of several versions of the parser the one whose text the page has."""
    data = gzip.decompress(path.read_bytes())
    page = fold(data.decode(errors="replace"))

    def lines(version: dict[str, Any]) -> list[str]:
        body: dict[str, list[Any]] = version["body"] or {"summary": [], "sections": []}
        return body["summary"] + [
            line for part in body["sections"] for line in [*part["headline"], *part["paragraphs"]]
        ]

    gold = max(versions.values(), key=lambda version: sum(fold(line)[:60] in page for line in lines(version)))
    at = datetime.fromisoformat(gold["publishing_date"]) if gold.get("publishing_date") else None
    captions = [image["caption"] for image in gold.get("images") or () if image.get("caption")]
    return Gold(
        path.name, data, gold.get("title"), at.date() if at else None, at, gold.get("authors") or None,
        "\n".join(lines(gold)) or None, captions,
    )  # fmt: skip


def ours(gold: Gold) -> Read:
    page = stories.read(gold.data, Given(ZONE, NOW, language="und"))
    article = page.article
    texts, captions = [article["standfirst"] or ""], []
    for block in [article["image"] or {}, *article["body"]]:
        captions.append(f"{block.get('caption') or ''} {block.get('credit_line') or ''}")
        texts += [html.plain(text) for text in (block.get("html"), *block.get("items", ())) if text]
        texts.append(block.get("text") or block.get("attribution") or "")
        texts += [cell for row in [block.get("header") or [], *(block.get("rows") or [])] for cell in row]
    at = article.get("published_at")
    zone = gold.at.tzinfo if gold.at else ZONE
    published = datetime.fromisoformat(at).astimezone(zone).date() if at else None
    authors = [name for source in page.sources for name in source["names"].values()]
    return Read(article["headline"], published, authors, "\n".join(texts), captions)


def of_trafilatura(gold: Gold) -> Read:
    import trafilatura

    text = gold.data.decode(errors="replace")
    document = trafilatura.bare_extraction(text, include_comments=False, include_tables=True, with_metadata=True)
    if document is None or isinstance(document, dict):
        return Read()
    published = date.fromisoformat(document.date) if document.date else None
    return Read(document.title or "", published, (document.author or "").split("; "), document.text or "")


class Scores:
    """The measures of one reader, each as the mean of its values over pages."""

    def __init__(self) -> None:
        self.values: dict[str, list[float]] = {}
        self.wrong: list[str] = []
        self.crashes = self.refused = self.slow = 0
        self.seconds = 0.0
        self.pages = 0

    def add(self, name: str, value: float, about: str = "") -> None:
        self.values.setdefault(name, []).append(value)
        if value < 1 and about:
            self.wrong.append(f"{name} {value:.2f}: {about}")

    def compare(self, gold: Gold, read: Read) -> None:
        where = gold.name
        if gold.headline is not None:
            self.add(
                "headline: the gold's",
                fold(read.headline) == fold(gold.headline),
                f"{where}: {read.headline} | {gold.headline}",
            )
        headline = fold(read.headline)
        # A kicker, which stands before it, is a field of its own.
        is_own = any(headline and text.endswith(headline) for text in _own_headlines(gold))
        self.add("headline: one of the page's own", is_own, f"{where}: {read.headline}")
        if gold.published is not None:
            self.add("date: exact", read.published == gold.published, f"{where}: {read.published} | {gold.published}")
            if read.published is not None:
                self.add("date: off by no more than a day", abs((read.published - gold.published).days) <= 1, where)
        if gold.authors is not None:
            own, others = ({fold(name) for name in names if name} for names in (read.authors, gold.authors))
            score = 2 * len(own & others) / (len(own) + len(others)) if own or others else 1.0
            self.add("authors", score, f"{where}: {read.authors} | {gold.authors}")
            others = {fold(name) for name in gold.authors if authors.is_name(name)}  # outlets and agencies are none
            if others:
                score = 2 * len(own & others) / (len(own) + len(others))
                self.add("authors: persons", score, f"{where}: {read.authors} | {gold.authors}")
        if gold.body is not None:
            own_words, words = (Counter(re.findall(r"\w+", text.lower())) for text in (read.body, gold.body))
            common = sum((own_words & words).values())
            self.add("body: recall", common / max(sum(words.values()), 1), where)
            self.add("body: precision", common / max(sum(own_words.values()), 1), where)
        text = fold(read.body)
        for line in gold.lines:
            self.add("lines of the story that are kept", fold(line) in text, f"{where}: {line}")
        for line in gold.other_lines:
            self.add("other lines that are left out", fold(line) not in text, f"{where}: {line}")
        shown = [fold(caption) for caption in read.captions]
        for caption in gold.captions:
            self.add("captions", any(fold(caption)[:60] in each for each in shown), f"{where}: {caption[:100]}")


def _own_headlines(gold: Gold) -> set[str]:
    """What a page itself has as its headline: h1, JSON-LD, og:title and title, with and without the site's name."""
    try:
        page = metadata.read(saved.read(gold.data).text, None)
    except Invalid:
        return set()
    told = [*page.told("headline"), page.first("og:title"), page.first("twitter:title"), page.title]
    told += [part for text in told for part in metadata.SEPARATOR.split(text)]
    told += [" ".join("".join(map(str, each.itertext())).split()) for each in page.root.iter("h1")]
    parts = [page.title.rpartition(sign)[0] for sign in ("|", " - ", " – ", " — ")]
    return {fold(text) for text in (*told, *parts)} - {""}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--share", default="0-f")
    parser.add_argument("--wrong", action="store_true")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    for folder in options.folders:
        pages = [*golds(folder, options.share)]
        for name, reader in (("ours", ours), ("trafilatura alone", of_trafilatura)):
            scores = Scores()
            for gold in pages:
                begun = time.perf_counter()
                read = Read()
                try:
                    read = reader(gold)
                except Invalid as refusal:
                    scores.refused += 1
                    scores.wrong.append(f"refused: {gold.name}: {refusal.detail}")
                except Exception as error:
                    scores.crashes += 1
                    scores.wrong.append(f"crash: {gold.name}: {error!r}")
                taken = time.perf_counter() - begun
                scores.seconds += taken
                scores.slow += taken > 5
                scores.compare(gold, read)
            print(f"{folder.name}, {len(pages)} pages, {name}: {len(pages) / scores.seconds:.1f} pages/s, "
                  f"{scores.crashes} crashes, {scores.refused} refused, {scores.slow} over 5 s")  # fmt: skip
            for measure, values in scores.values.items():
                print(f"  {measure:35} {sum(values) / len(values):.3f}  ({len(values)})")
            if options.wrong and reader is ours:
                print(*sorted(scores.wrong), sep="\n")


if __name__ == "__main__":
    main()
