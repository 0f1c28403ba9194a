"""How well and how fast pages are read: `python -m benchmarks.pages [FOLDER]` scores field by field against golds.

The README of the corpus tells the form of a gold, and how strings are compared. A field in `judgement` weighs half.
What is found and stands in no gold costs as well: sources, attributions, facts, relations, teasers, corrections.
Output: a table of pages and fields, the total, pages per second.
"""

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parent.parent))

from app.content import html
from app.importers import page
from app.importers.page.text import fold

ZONE = ZoneInfo("Europe/Kyiv")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FOLDER = Path(__file__).parent / "pages"
Gold = dict[str, Any]
Document = dict[str, Any]


@dataclass
class Result:
    """The documents of one page, by noun."""

    article: Document
    stubs: list[Document]
    sources: dict[str, Document]
    notes: dict[str, Document]
    tags: dict[str, Document]
    uses: dict[int, str]


def result(read: page.Page) -> Result:
    by: dict[str, list[Document]] = {noun: [] for noun in ("tag", "source", "note", "article")}
    for document in read.documents:
        by[document["noun"]].append(document)
    return Result(
        by["article"][0], by["article"][1:],
        {one["slug"]: one for one in by["source"]}, {one["slug"]: one for one in by["note"]},
        {one["slug"]: one for one in by["tag"]}, {use.line: use.use for use in read.lines},
    )  # fmt: skip


def alike(one: str | None, other: str | None) -> float:
    """1 for strings equal after folding, else how much of them is."""
    if one is None or other is None:
        return float(one is other)
    one, other = fold(one), fold(other)
    return (
        1.0
        if one == other
        else (ratio if (ratio := SequenceMatcher(None, one, other, autojunk=False).ratio()) > 0.8 else 0.0)
    )


def names(source: Document) -> set[str]:
    return {fold(name) for name in [*source["names"].values(), *source["aliases"]]}


def gold_names(source: Gold) -> set[str]:
    return {fold(name) for name in [source["name"], *source.get("aliases", [])]}


def is_source(result: Result, slug: str | None, name: str | None, gold: Gold) -> bool:
    """Whether the document a slug names is the source a gold names."""
    if slug is None or name is None:
        return slug is None and name is None
    wanted = next((gold_names(one) for one in gold["sources"] if one["name"] == name), {fold(name)})
    return bool(names(result.sources[slug]) & wanted)


def text_of(block: Document) -> str:
    kind = block["type"]
    if kind in ("paragraph", "quote"):
        return html.plain(block["html"])
    if kind == "list":
        return " ".join(map(html.plain, block["items"]))
    if kind == "image":
        return " ".join(filter(None, (block["caption"], block["credit_line"])))
    if kind == "table":
        return " ".join([*block["header"], *(cell for row in block["rows"] for cell in row)])
    return str(block.get("text") or "")


def shares(marks: Iterable[float]) -> float | None:
    found = list(marks)
    return sum(found) / len(found) if found else None


def instant(gold: str | None, ours: str | None) -> float:
    if gold is None or ours is None:
        return float(gold is ours)
    mine = datetime.fromisoformat(ours).astimezone(ZONE)
    if len(gold) == 10:
        return float(mine.date().isoformat() == gold)
    wanted = datetime.fromisoformat(gold)
    return 1.0 if mine == wanted else 0.5 if mine.date() == wanted.date() else 0.0


def score_blocks(r: Result, gold: Gold) -> float | None:
    """Each gold block has its kind on its lines, and its text in the body, in order; extra blocks cost."""
    marks = []
    text = fold(" ".join(map(text_of, r.article["body"])))
    for block in gold["blocks"]:
        lines = range(block["lines"][0], block["lines"][1] + 1)
        used = [r.uses[n] for n in lines if n in r.uses]
        good = {block["type"], *block.get("accept", [])}
        marks.append(sum(use in good for use in used) / len(used))
        if block["type"] in ("paragraph", "heading"):
            marks.append(float(fold(block["starts"]).split('"')[0] in text or "quote" in good))
    ours = [b["type"] for b in r.article["body"]]
    kinds = [_nearest(block, ours) for block in gold["blocks"]]
    marks.append(SequenceMatcher(None, kinds, ours, autojunk=False).ratio())
    return shares(marks)


def _nearest(block: Gold, ours: list[str]) -> str:
    """The kind a block is expected to have: the gold's, or an accepted one that the body has instead."""
    kind: str = block["type"]
    return next((one for one in block.get("accept", []) if one in ours), kind) if kind not in ours else kind


def score_quotes(r: Result, gold: Gold) -> float | None:
    wanted = [b for b in gold["blocks"] if b["type"] == "quote"]
    allowed = [b for b in gold["blocks"] if "quote" in b.get("accept", [])]
    ours = [b for b in r.article["body"] if b["type"] == "quote"]
    marks: list[float] = []
    for quote in wanted:
        best = max(ours, key=lambda b: alike(quote["words"], text_of(b)), default=None)
        if best is None or not (match := alike(quote["words"], text_of(best))):
            marks += [0.0] * 3
            continue
        marks += [match, float(is_source(r, best["source"], quote["speaker"], gold))]
        written = quote["speaker_as_written"]
        marks.append(1.0 if written is None else alike(written, best["attribution"]))
    marks += [0.0] * max(0, len(ours) - len(wanted) - len(allowed))
    return shares(marks)


def score_images(r: Result, gold: Gold) -> float | None:
    wanted = [b for b in gold["blocks"] if b["type"] == "image"]
    ours = [b for b in r.article["body"] if b["type"] == "image"]
    marks: list[float] = [float(len(wanted) == len(ours))] if wanted or ours else []
    for gold_image, image in zip(wanted, ours, strict=False):
        marks.append(
            max(
                alike(gold_image["credit_line"], image["credit_line"]),
                alike((gold_image["credit_line"] or "").split(":", 1)[-1], image["credit_line"]),
            )
        )
        marks.append(alike(gold_image["caption"], image["caption"]))
        marks.append(alike(gold_image["photographer"], image["photographer"]))
        marks.append(float(is_source(r, image["source"], gold_image["source"], gold)))
        marks.append(float(gold_image["media"] == image["media"]))
    return shares(marks)


def score_attributions(r: Result, gold: Gold) -> float | None:
    marks: list[float] = []
    for wanted in gold["attributions"]:
        found = [a for a in r.article["attributions"] if is_source(r, a["source"], wanted["source"], gold)]
        best = 0.0
        for one in found:
            role = one["role"] in {wanted["role"], *wanted.get("accept_roles", [])}
            channel = one["channel"] in {wanted["channel"], *wanted.get("accept_channels", [])}
            words = fold(one["text"] or "")
            said = (
                fold(wanted["words"]) in words or words in fold(wanted["words"]) or alike(wanted["words"], one["text"])
            )
            best = max(best, (1 + role + channel + bool(said)) / 4)
        if best or not wanted.get("optional"):
            marks.append(best)
    spoken = {b["id"] for b in r.article["body"] if b["type"] in ("quote", "image")}
    known = [one["name"] for one in gold["sources"]]
    marks += [
        0.5
        for one in r.article["attributions"]
        if one["block"] not in spoken and not any(is_source(r, one["source"], name, gold) for name in known)
    ]
    return shares(marks)


def score_sources(r: Result, gold: Gold) -> float | None:
    marks: list[float] = []
    known: set[str] = set()
    for wanted in gold["sources"]:
        found = [slug for slug, one in r.sources.items() if names(one) & gold_names(wanted)]
        known.update(found)
        if not found:
            marks += [] if wanted.get("optional") else [0.0]
            continue
        one = r.sources[found[0]]
        good_type = one["type"] in {wanted["type"], *wanted.get("accept_type", [])}
        good_identity = one["identity"] in {wanted["identity"], *wanted.get("accept_identity", [])}
        marks.append((1 + good_type + good_identity + (len(found) == 1)) / 4)
    not_sources = {fold(name) for name in gold["not_sources"]}
    marks += [0.0 for one in r.sources.values() if names(one) & not_sources]
    marks += [0.5 for slug, one in r.sources.items() if slug not in known and not names(one) & not_sources]
    return shares(marks)


def score_notes(r: Result, gold: Gold) -> float | None:
    ours = [r.notes[b["note"]] for b in r.article["body"] if b["type"] == "reference_note"]
    marks: list[float] = [float(len(ours) == len(gold["notes"]))] if ours or gold["notes"] else []
    for wanted, note in zip(gold["notes"], ours, strict=False):
        text = fold(" ".join(map(text_of, note["body"])))
        ends = [wanted["ends"], *wanted.get("accept_ends", [])]
        items = sum(len(b["items"]) for b in note["body"] if b["type"] == "list")
        marks += [
            alike(wanted["heading"], note["heading"]), float(text.startswith(fold(wanted["starts"]))),
            float(any(text.endswith(fold(end)) for end in ends)), float(items == wanted["list_items"]),
        ]  # fmt: skip
    return shares(marks)


def score_facts(r: Result, gold: Gold) -> float | None:
    ours = [r.notes[b["note"]] for b in r.article["body"] if b["type"] == "reference_note"]
    marks: list[float] = []
    for wanted, note in zip(gold["notes"], ours, strict=False):
        for fact in wanted["facts"]:
            starts = fold(fact["starts"])
            found = [one for one in note["facts"] if fold(one["text"]).startswith(starts[:25])]
            found = found or [one for one in note["facts"] if starts in fold(one["text"]) and one["on"] == fact["on"]]
            good = [[fact["on"], fact["to"]], *fact.get("accept", [])]
            if fact.get("undated_ok") or fact["on"] is None:
                good.append([None, None])
            if not found:
                marks += [] if fact.get("optional") or fact["on"] is None else [0.8 if fact.get("undated_ok") else 0.0]
                continue
            best = max(
                float([one["on"], one["to"]] in good) or (0.5 if one["on"] == fact["on"] else 0.0) for one in found
            )
            marks.append(best)
        good_years = {on[:4] for fact in wanted["facts"] for on in _dates(fact)}
        years = [one["on"][:4] for one in note["facts"] if one["on"]]
        marks += [0.0 for year in years if year not in good_years]
        marks += [0.5] * max(0, len(years) - len([fact for fact in wanted["facts"] if fact["on"]]))
    return shares(marks)


def _dates(fact: Gold) -> list[str]:
    spans = [[fact["on"], fact["to"]], *fact.get("accept", [])]
    return [one for span in spans for one in span if one]


def score_relations(r: Result, gold: Gold) -> float | None:
    marks: list[float] = []
    for wanted in gold["relations"]:
        text = wanted["words"] or wanted["headline"]
        found = [one for one in r.article["relations"] if alike(text, one["text"])]
        if not found:
            marks += [] if wanted.get("optional") else [0.0]
            continue
        marks.append(0.5 + 0.5 * (found[0]["relation"] in {wanted["kind"], *wanted.get("accept_kinds", [])}))
    marks += [0.0] * max(0, len(r.article["relations"]) - len(gold["relations"]))
    return shares(marks)


def score_updates(r: Result, gold: Gold) -> float | None:
    texts = [one["text"] for one in r.article["corrections"]] + [text_of(b) for b in r.article["body"]]
    texts.append(r.article["editors_note"] or "")
    marks = [max(float(fold(wanted["words"]) in fold(text)) for text in texts) for wanted in gold["updates"]]
    told = {fold(wanted["words"]) for wanted in gold["updates"]}
    marks += [float(fold(one["text"]) in told) for one in r.article["corrections"]]
    return shares(marks)


def score_sidebar(r: Result, gold: Gold) -> float | None:
    marks: list[float] = [float(len(gold["sidebar"]) == len(r.stubs))] if gold["sidebar"] or r.stubs else []
    for wanted, stub in zip(gold["sidebar"], r.stubs, strict=False):
        section = r.tags[stub["section"]]["labels"] if stub["section"] else {}
        label = next(iter(section.values()), None)
        marks += [
            alike(wanted["headline"], stub["headline"]), alike(wanted["excerpt"], stub["standfirst"]),
            alike(wanted["section"], label), float(wanted["language"] == stub["language"]),
            instant(wanted["date"] and wanted["date"][:10], stub["published_at"]) if _dated(wanted) else 1.0,
        ]  # fmt: skip
    return shares(marks)


def _dated(teaser: Gold) -> bool:
    """Whether a teaser's day can be judged: a time of day without a date may stand for the page's day, or for none."""
    return teaser["date"] is not None or teaser.get("time") is None


def score_lines(r: Result, gold: Gold) -> float | None:
    """Furniture is furniture, nothing else is, every line is accounted for, and no document holds what must not be."""
    marks = [float(r.uses.get(line) == "furniture") for line in gold["furniture_lines"]]
    marks += [float(r.uses[line] in uses) for line, uses in _other_lines(gold).items() if line in r.uses]
    everything = [
        fold(text)
        for document in [r.article, *r.stubs, *r.notes.values(), *r.sources.values(), *r.tags.values()]
        for text in _strings(document)
    ]
    unwanted = [*gold["must_not_contain"], *(text for text in gold["furniture"] if len(text.split()) >= 3)]
    marks += [float(not any(fold(unwanted_one) in text for text in everything)) for unwanted_one in unwanted]
    return shares(marks)


def _other_lines(gold: Gold) -> dict[int, set[str]]:
    """The lines that are no block of the story and no furniture, with what each may be used as."""
    head = {gold["standfirst_lines"][0]: {"standfirst", "paragraph"}} if gold["standfirst_lines"] else {}
    groups = [(gold["meta"], {"meta", "kicker"}), (gold["sidebar"], {"sidebar", "related"})]
    groups.append((gold["updates"], {"update", "paragraph"}))
    found: dict[int, set[str]] = {1: {"headline"}, **head}
    for entries, uses in groups:
        for one in entries:
            found |= dict.fromkeys(range(one["lines"][0], one["lines"][1] + 1), uses)
    return found


def _strings(document: Any) -> Iterable[str]:
    """Every string of a document, whatever holds it."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict | list):
        for one in document.values() if isinstance(document, dict) else document:
            yield from _strings(one)


def score_standfirst(r: Result, gold: Gold) -> float | None:
    return alike(gold["standfirst"], r.article["standfirst"])


def label(r: Result, slug: str | None) -> str | None:
    return next(iter(r.tags[slug]["labels"].values())) if slug else None


FIELDS: dict[str, Callable[[Result, Gold], float | None]] = {
    "language": lambda r, g: float(r.article["language"] == g["language"]),
    "headline": lambda r, g: alike(g["headline"], r.article["headline"]),
    "standfirst": score_standfirst,
    "byline": lambda r, g: alike(g["byline"], r.article["byline"]),
    "published": lambda r, g: instant(g["published"], r.article["published_at"]),
    "updated": lambda r, g: instant(g["updated"], r.article["updated_at"]),
    "section": lambda r, g: alike(g["section"], label(r, r.article["section"])),
    "tags": lambda r, g: float([fold(t) for t in g["tags"]] == [fold(label(r, t) or "") for t in r.article["tags"]]),
    "blocks": score_blocks, "quotes": score_quotes, "images": score_images, "attributions": score_attributions,
    "sources": score_sources, "notes": score_notes, "facts": score_facts, "relations": score_relations,
    "updates": score_updates, "sidebar": score_sidebar, "lines": score_lines,
}  # fmt: skip


def score(r: Result, gold: Gold) -> dict[str, float | None]:
    return {name: field(r, gold) for name, field in FIELDS.items()}


def total(marks: dict[str, float | None], gold: Gold) -> float:
    halves = {one["field"] for one in gold["judgement"]} | (
        {"quotes"} if any(j["field"] == "speaker" for j in gold["judgement"]) else set()
    )
    weights = {name: 0.5 if name in halves else 1.0 for name, mark in marks.items() if mark is not None}
    return sum((marks[name] or 0.0) * weight for name, weight in weights.items()) / sum(weights.values())


def unaccounted(data: bytes, r: Result) -> set[int]:
    lines = re.split(r"\r\n|\n|\r", data.decode("utf-8-sig"))
    return {n for n, line in enumerate(lines, 1) if re.sub("[\u200b\u00ad\ufeff]", "", line).strip()} - set(r.uses)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument(
        "folder", type=Path, nargs="?", default=FOLDER, help=f"of NAME.txt and NAME.gold.json ({FOLDER})"
    )
    golds = sorted((folder := parser.parse_args().folder).glob("*.gold.json"))
    if not golds:
        parser.error(f"{folder} holds no NAME.gold.json")
    pages = [
        (
            gold.name.removesuffix(".gold.json"),
            json.loads(gold.read_text()),
            (gold.parent / gold.name.replace(".gold.json", ".txt")).read_bytes(),
        )
        for gold in golds
    ]
    rows: dict[str, dict[str, float | None]] = {}
    totals: dict[str, float] = {}
    for name, gold, data in pages:
        r = result(page.read(data, zone=ZONE, imported_at=NOW))
        marks = score(r, gold)
        if missing := unaccounted(data, r):
            marks["lines"] = 0.0
            print(f"{name}: lines {sorted(missing)} are neither used nor furniture")
        rows[name], totals[name] = marks, total(marks, gold)
    print(f"{'':14}" + "".join(f"{name[:13]:>15}" for name in rows))
    for field in FIELDS:
        print(
            f"{field:14}"
            + "".join(f"{'-' if (mark := row[field]) is None else f'{mark:.3f}':>15}" for row in rows.values())
        )
    print(f"{'TOTAL':14}" + "".join(f"{totals[name]:>15.3f}" for name in rows))
    print(f"{len(pages)} pages, mean {sum(totals.values()) / len(totals):.3f}, worst {min(totals.values()):.3f}")
    started, count = time.process_time(), 0
    while time.process_time() - started < 2:
        for _, _, data in pages:
            page.read(data, zone=ZONE, imported_at=NOW)
            count += 1
    print(f"{count / (time.process_time() - started):.0f} pages a second of processor time")
    return 0


if __name__ == "__main__":
    sys.exit(main())
