"""What changed between two documents of one object, by block, item and word. Knows no noun."""

import json
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Annotated, Any, Final, Literal

from pydantic import MISSING, Field, JsonValue

from app.content.blocks import Part

Document = dict[str, Any]

MOST_CHARACTERS: Final = 1_000_000
MOST_PAIRS: Final = 1_000
DEEPEST: Final = 30
AHEAD: Final = 20

# Instants and ids are no texts: what they have in common says nothing.
_MARK: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# A tag or an entity is never cut in two; an apostrophe within a word belongs to it.
_TOKEN: Final = re.compile(r"</?[A-Za-z][^<>]*>|&#?\w+;|\w+(?:['’ʼ]\w+)*|\s+|[^\w\s<&]+|[<&]")


class Piece(Part):
    """A piece of a text. Those not inserted make up the old text, those not deleted the new one."""

    op: Literal["equal", "insert", "delete"]
    text: str


class Comparison(Part):
    """One value before and after. What is inside is told for two texts, two lists or two objects, else null."""

    old: JsonValue | MISSING = Field(default=MISSING, description="Absent where there was none.")
    new: JsonValue | MISSING = Field(default=MISSING, description="Absent where there is none any more.")
    words: list[Piece] | None = Field(default=None, description="Two texts, word by word; not of instants and ids.")
    items: list["Item"] | None = Field(default=None, description="Two lists, item by item.")
    fields: list["FieldChange"] | None = Field(default=None, description="Two objects: the fields that differ.")


class Item(Comparison):
    """An item of a list, such as a row of a table: `old` is absent where inserted, `new` where deleted."""

    op: Literal["equal", "change", "insert", "delete"]


class FieldChange(Comparison):
    """A field that differs."""

    field: str


class Kept(Part):
    """A block that stayed as and where it was."""

    op: Literal["kept"] = "kept"
    id: str


class Changed(Part):
    """A block that stayed in its place with other content."""

    op: Literal["changed"] = "changed"
    id: str
    type: JsonValue
    fields: list[FieldChange]


class Moved(Part):
    """A block that stands elsewhere among those that stayed; `fields` is empty where that is all."""

    op: Literal["moved"] = "moved"
    id: str
    type: JsonValue
    old_place: int = Field(description="Its index in the old body.")
    new_place: int = Field(description="Its index in the new body.")
    fields: list[FieldChange]


class Added(Part):
    """A new block."""

    op: Literal["added"] = "added"
    id: str
    block: dict[str, JsonValue]


class Removed(Part):
    """A block that is gone, shown where it was."""

    op: Literal["removed"] = "removed"
    id: str
    block: dict[str, JsonValue]


BlockChange = Annotated[Kept | Changed | Moved | Added | Removed, Field(discriminator="op")]


class Difference(Part):
    """What changed from one document to another; a block of another type is a removed and an added one."""

    fields: list[FieldChange] = Field(description="The fields that differ, but for a body told by block.")
    body: list[BlockChange] | None = Field(
        description="Every block, in reading order; null where no block differs. A body whose blocks have no ids of"
        " their own is told among the fields."
    )


def difference(old: Document, new: Document) -> Difference:
    """What makes the new document out of the old one; `apply` does.

    Cost: linear in the size of both; texts are compared by word until a million characters are read, the rest as a
    whole.
    """
    reader = _Reader()
    before, after = _by_id(old.get("body")), _by_id(new.get("body"))
    if before is None or after is None:
        return Difference(fields=reader.fields(old, new), body=None)
    rest = [{name: value for name, value in document.items() if name != "body"} for document in (old, new)]
    same = _same(old["body"], new["body"])
    return Difference(fields=reader.fields(*rest), body=None if same else [*reader.blocks(before, after)])


def apply(document: Document, change: Difference) -> Document:
    """The new document, from the old one and what `difference` found. The document given stays as it is."""
    result = _patched(document, change.fields)
    if change.body is not None:
        blocks = {block["id"]: block for block in document["body"]}
        result["body"] = []
        for entry in change.body:
            match entry:
                case Kept():
                    result["body"].append(blocks[entry.id])
                case Changed() | Moved():
                    result["body"].append(_patched(blocks[entry.id], entry.fields))
                case Added():
                    result["body"].append(entry.block)
    return result


def _patched(value: Document, changes: Sequence[FieldChange]) -> Document:
    gone = {change.field for change in changes}
    kept = {name: one for name, one in value.items() if name not in gone}
    return kept | {change.field: change.new for change in changes if change.new is not MISSING}


def _by_id(body: Any) -> dict[str, Document] | None:
    """The blocks by id, in reading order; None unless each has an id of its own."""
    if not isinstance(body, list) or not all(isinstance(one, dict) and isinstance(one.get("id"), str) for one in body):
        return None
    blocks = {block["id"]: block for block in body}
    return blocks if len(blocks) == len(body) else None


@dataclass
class _Reader:
    """Compares the values of one pair of documents, by word as long as its characters last."""

    left: int = MOST_CHARACTERS

    def fields(self, old: Document, new: Document) -> list[FieldChange]:
        changes = []
        for name in dict.fromkeys([*old, *new]):
            before, after = old.get(name, MISSING), new.get(name, MISSING)
            if before is MISSING or after is MISSING or not _same(before, after):
                changes.append(FieldChange(field=name, old=before, new=after, **self.inside(before, after)))
        return changes

    def inside(self, old: Any, new: Any) -> dict[str, Any]:
        match old, new:
            case str(), str() if not _is_mark(old) or not _is_mark(new):
                return {"words": self.words(old, new)}
            case list(), list():
                return {"items": [*self.items(old, new)]}
            case dict(), dict():
                return {"fields": self.fields(old, new)}
        return {}

    def words(self, old: str, new: str) -> list[Piece]:
        self.left -= len(old) + len(new)
        one, other = (_TOKEN.findall(text) if self.left >= 0 else [text] for text in (old, new))
        pieces: list[Piece] = []
        deleted = inserted = ""
        spans = [*_spans(one, other)]
        for place, (op, i1, i2, j1, j2) in enumerate(spans):
            gone, come = "".join(one[i1:i2]), "".join(other[j1:j2])
            # A blank between two changed words changes with them, or every other piece would be a blank.
            if op == "equal" and not (gone.isspace() and 0 < place < len(spans) - 1):
                pieces += _replaced(deleted, inserted)
                pieces.append(Piece(op="equal", text=gone))
                deleted = inserted = ""
            else:
                deleted, inserted = deleted + gone, inserted + come
        return pieces + _replaced(deleted, inserted)

    def items(self, old: list[Any], new: list[Any]) -> Iterator[Item]:
        one, other = [*map(_text, old)], [*map(_text, new)]
        for op, i1, i2, j1, j2 in _spans(one, other):
            if op == "equal":
                yield from (Item(op="equal", old=a, new=b) for a, b in zip(old[i1:i2], new[j1:j2], strict=True))
                continue
            for before, after in _paired(one[i1:i2], other[j1:j2]):
                a = MISSING if before is None else old[i1 + before]
                b = MISSING if after is None else new[j1 + after]
                how: Any = "insert" if before is None else "delete" if after is None else "change"
                yield Item(op=how, old=a, new=b, **self.inside(a, b))

    def blocks(self, old: dict[str, Document], new: dict[str, Document]) -> Iterator[BlockChange]:
        old_places = {name: place for place, name in enumerate(old)}
        shared = [name for name in new if name in old and _same(old[name].get("type"), new[name].get("type"))]
        stayed = {shared[index] for index in _rising([old_places[name] for name in shared])}
        removed: defaultdict[str | None, list[Removed]] = defaultdict(list)  # by the block before that stayed
        last, known = None, {*shared}
        for name, block in old.items():
            if name in stayed:
                last = name
            elif name not in known:
                removed[last].append(Removed(id=name, block=block))
        yield from removed[None]
        for place, (name, block) in enumerate(new.items()):
            if name not in known:
                yield Added(id=name, block=block)
                continue
            changes, kind = self.fields(old[name], block), block.get("type")
            if name not in stayed:
                yield Moved(id=name, type=kind, old_place=old_places[name], new_place=place, fields=changes)
                continue
            yield Changed(id=name, type=kind, fields=changes) if changes else Kept(id=name)
            yield from removed[name]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "\0" + json.dumps(value, sort_keys=True)


def _same(old: Any, new: Any) -> bool:
    """Whether both are the same JSON; unlike ==, it tells 1, 1.0 and true apart."""
    return bool(old == new) and (isinstance(old, str) or _text(old) == _text(new))


def _replaced(deleted: str, inserted: str) -> list[Piece]:
    pieces = [Piece(op="delete", text=deleted), Piece(op="insert", text=inserted)]
    return [piece for piece in pieces if piece.text]


def _paired(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int | None, int | None]]:
    """Which of the differing items became which: in order where there are as many, else those alike."""
    if len(old) == len(new):
        yield from ((place, place) for place in range(len(old)))
        return
    says = [{*re.findall(r"\w+", text)} for text in new]
    start = 0
    for place, text in enumerate(old):
        said = {*re.findall(r"\w+", text)}
        near = range(start, min(start + AHEAD, len(new)))
        found = next((n for n in near if 2 * len(said & says[n]) > max(len(said), len(says[n]))), None)
        if found is not None:
            yield from ((None, skipped) for skipped in range(start, found))
            start = found + 1
        yield place, found
    yield from ((None, rest) for rest in range(start, len(new)))


def _is_mark(text: str) -> bool:
    return _MARK.fullmatch(text) is not None


def _spans(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, int, int, int, int]]:
    """Runs that are equal and runs that differ, in turn: (equal or differ, old from, old to, new from, new to)."""
    i = j = run = 0
    for a, b in _matches(old, new):
        if (a, b) != (i, j):
            if run:
                yield "equal", i - run, i, j - run, j
            yield "differ", i, a, j, b
            run = 0
        i, j, run = a + 1, b + 1, run + 1
    if run:
        yield "equal", i - run, i, j - run, j
    if (i, j) != (len(old), len(new)):
        yield "differ", i, len(old), j, len(new)


def _matches(old: Sequence[str], new: Sequence[str], depth: int = 0) -> Iterator[tuple[int, int]]:
    """Places of equal tokens, rising in both: at the ends, then those that stand once in each, then between these.

    Cost: near linear. SequenceMatcher, which is not, sees short runs only; a long one without landmarks differs.
    """
    short = min(len(old), len(new))
    head = next((n for n in range(short) if old[n] != new[n]), short)
    tail = next((n for n in range(short - head) if old[-1 - n] != new[-1 - n]), short - head)
    yield from ((n, n) for n in range(head))
    one, other = old[head : len(old) - tail], new[head : len(new) - tail]
    yield from ((head + a, head + b) for a, b in _between(one, other, depth))
    yield from ((len(old) - n, len(new) - n) for n in range(tail, 0, -1))


def _between(old: Sequence[str], new: Sequence[str], depth: int) -> Iterator[tuple[int, int]]:
    old_counts, new_counts = Counter(old), Counter(new)
    places = {token: place for place, token in enumerate(old) if old_counts[token] == 1}
    landmarks = [(places[token], b) for b, token in enumerate(new) if token in places and new_counts[token] == 1]
    if landmarks and depth < DEEPEST:
        rising = [landmarks[index] for index in _rising([a for a, _ in landmarks])]
        for (a, b), (c, d) in pairwise([(-1, -1), *rising, (len(old), len(new))]):
            yield from ((a + 1 + i, b + 1 + j) for i, j in _matches(old[a + 1 : c], new[b + 1 : d], depth + 1))
            if c < len(old):
                yield c, d
    elif len(old) * len(new) <= MOST_PAIRS:
        for a, b, size in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
            yield from ((a + n, b + n) for n in range(size))


def _rising(places: Sequence[int]) -> list[int]:
    """Indexes of a longest rising subsequence of distinct numbers."""
    ends: list[int] = []  # the least end of a rising run of each length, and its index
    indexes: list[int] = []
    before: list[int | None] = []
    for index, place in enumerate(places):
        length = bisect_left(ends, place)
        before.append(indexes[length - 1] if length else None)
        ends[length : length + 1], indexes[length : length + 1] = [place], [index]
    chain, last = [], indexes[-1] if indexes else None
    while last is not None:
        chain.append(last)
        last = before[last]
    return chain[::-1]
