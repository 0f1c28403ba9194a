"""What changed between two documents of one object: field by field, block by block, item by item, word by word.

A document is the JSON of one revision. Knows no noun. For example, of two bodies

    old    b1 "Rain."    b2 "Snow."    b3 "Wind."
    new    b3 "Wind."    b1 "Heavy rain."    b4 "Fog."

the difference says, in the order of the new body: b3 moved, b1 changed, b2 removed (where it was, after b1), b4
added. Blocks are matched by id. As many as possible stay in place: a longest series that is in the same order in both
bodies; the others moved. A changed block says which of its fields differ: two texts are compared by word, two lists by
item, two objects by field. `app.content.alignment` finds the words and items that are equal.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypedDict

from pydantic import MISSING, ConfigDict, Field, JsonValue

from app.content.alignment import align, longest_increasing
from app.content.blocks import WireModel
from app.web.queries import if_asked

Document = dict[str, Any]
Op = Literal["equal", "change", "insert", "delete"]

MOST_CHARACTERS: Final = 1_000_000  # compared by word, for one pair of documents
ITEMS_AHEAD: Final = 20  # how far an item of a list is looked for

# Instants and ids are not compared by word: the digits that two of them share mean nothing.
_INSTANT_OR_ID: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What a text is compared by: a tag, an entity, a word with its inner apostrophes, a run of blanks, a run of other
# signs, and a < or & that begins no tag or entity. Every character belongs to exactly one token. No alternative
# reads past the next < or the end of the word it began, so the time is linear.
_TOKEN: Final = re.compile(r"</?[A-Za-z][^<>]*>|&#?\w+;|\w+(?:['’ʼ]\w+)*|\s+|[^\w\s<&]+|[<&]")
_WORD: Final = re.compile(r"\w+")  # for telling how much two items of a list have in common


class TextPiece(WireModel):
    """A piece of a text. Those not inserted make up the old text, those not deleted the new one."""

    op: Literal["equal", "insert", "delete"] = Field(description="What became of it.")
    text: str = Field(description="Its words, with the blanks between them.")


class Comparison(WireModel):
    """One value before and after. What is inside is told for two texts, two lists or two objects, else null."""

    # Otherwise the schema requires fields that are MISSING by default.
    model_config = ConfigDict(json_schema_extra=if_asked("old", "new"))

    old: JsonValue | MISSING = Field(default=MISSING, description="Absent where there was none.")
    new: JsonValue | MISSING = Field(default=MISSING, description="Absent where there is none any more.")
    words: list[TextPiece] | None = Field(default=None, description="Two texts, word by word; not of instants and ids.")
    items: list["ListItemChange"] | None = Field(default=None, description="Two lists, item by item.")
    fields: list["FieldChange"] | None = Field(default=None, description="Two objects: the fields that differ.")


class ListItemChange(Comparison):
    """An item of a list, such as a row of a table: `old` is absent where inserted, `new` where deleted."""

    op: Op = Field(description="What became of it.")


class FieldChange(Comparison):
    """A field that differs."""

    field: str = Field(description="Its name.")


class BlockKept(WireModel):
    """A block that stayed as and where it was."""

    op: Literal["kept"] = Field(default="kept", description="What became of the block.")
    id: str = Field(description="Id of the block.")


class BlockChanged(WireModel):
    """A block that stayed in its place with other content."""

    op: Literal["changed"] = Field(default="changed", description="What became of the block.")
    id: str = Field(description="Id of the block.")
    type: JsonValue = Field(description="Type of the block.")
    fields: list[FieldChange] = Field(description="Its fields that differ.")


class BlockMoved(WireModel):
    """A block that stands elsewhere among those that stayed; `fields` is empty where that is all."""

    op: Literal["moved"] = Field(default="moved", description="What became of the block.")
    id: str = Field(description="Id of the block.")
    type: JsonValue = Field(description="Type of the block.")
    old_place: int = Field(description="Its index in the old body.")
    new_place: int = Field(description="Its index in the new body.")
    fields: list[FieldChange] = Field(description="Its fields that differ.")


class BlockAdded(WireModel):
    """A new block."""

    op: Literal["added"] = Field(default="added", description="What became of the block.")
    id: str = Field(description="Id of the block.")
    block: dict[str, JsonValue] = Field(description="The whole block.")


class BlockRemoved(WireModel):
    """A block that is gone, shown where it was."""

    op: Literal["removed"] = Field(default="removed", description="What became of the block.")
    id: str = Field(description="Id of the block.")
    block: dict[str, JsonValue] = Field(description="The whole block.")


BlockChange = Annotated[BlockKept | BlockChanged | BlockMoved | BlockAdded | BlockRemoved, Field(discriminator="op")]


class DocumentDifference(WireModel):
    """What changed from one document to another; a block of another type is a removed and an added one."""

    fields: list[FieldChange] = Field(description="The fields that differ, but for a body told by block.")
    body: list[BlockChange] | None = Field(
        description="Every block, in reading order; null where no block differs. A body whose blocks have no ids of"
        " their own is told among the fields."
    )


class _Details(TypedDict, total=False):
    """What differs inside of two values: one of the three for texts, lists and objects, nothing for others."""

    words: list[TextPiece]
    items: list[ListItemChange]
    fields: list[FieldChange]


def difference(old: Document, new: Document) -> DocumentDifference:
    """What makes the new document out of the old one.

    Cost: near linear in the size of both. Texts are compared by word until a million characters have been read; later
    ones are compared as a whole.
    """
    comparer = _Comparer()
    old_blocks, new_blocks = _blocks_by_id(old.get("body")), _blocks_by_id(new.get("body"))
    if old_blocks is None or new_blocks is None:
        return DocumentDifference(fields=comparer.fields(old, new), body=None)
    fields = comparer.fields(old | {"body": None}, new | {"body": None})
    is_same = _is_same(old["body"], new["body"])
    return DocumentDifference(fields=fields, body=None if is_same else [*comparer.blocks(old_blocks, new_blocks)])


def _blocks_by_id(body: Any) -> dict[str, Document] | None:
    """The blocks by id, in reading order; None unless it is a list in which each has an id of its own."""
    if not isinstance(body, list):
        return None
    if not all(isinstance(block, dict) and isinstance(block.get("id"), str) for block in body):
        return None
    blocks = {block["id"]: block for block in body}
    return blocks if len(blocks) == len(body) else None


@dataclass(slots=True)
class _Comparer:
    """Compares the values of one pair of documents, texts by word as long as the characters last."""

    characters_left: int = MOST_CHARACTERS

    def fields(self, old: Document, new: Document) -> list[FieldChange]:
        """The fields that differ, in the order of the old object, then those that are new."""
        changes = []
        for name in dict.fromkeys([*old, *new]):
            before, after = old.get(name, MISSING), new.get(name, MISSING)
            if before is MISSING or after is MISSING or not _is_same(before, after):
                changes.append(FieldChange(field=name, old=before, new=after, **self.details(before, after)))
        return changes

    def details(self, old: Any, new: Any) -> _Details:
        match old, new:
            case str(), str() if not (_INSTANT_OR_ID.fullmatch(old) and _INSTANT_OR_ID.fullmatch(new)):
                return {"words": self.words(old, new)}
            case list(), list():
                return {"items": [*self.items(old, new)]}
            case dict(), dict():
                return {"fields": self.fields(old, new)}
        return {}

    def words(self, old: str, new: str) -> list[TextPiece]:
        self.characters_left -= len(old) + len(new)
        return _replacement(old, new) if self.characters_left < 0 else _pieces(_TOKEN.findall(old), _TOKEN.findall(new))

    def items(self, old: list[Any], new: list[Any]) -> Iterator[ListItemChange]:
        old_keys, new_keys = [*map(_key, old)], [*map(_key, new)]
        for run in align(old_keys, new_keys):
            old_items, new_items = old[run.old], new[run.new]
            if run.is_equal:
                for before, after in zip(old_items, new_items, strict=True):
                    yield ListItemChange(op="equal", old=before, new=after)
                continue
            for old_place, new_place in _pairs(old_keys[run.old], new_keys[run.new]):
                before = MISSING if old_place is None else old_items[old_place]
                after = MISSING if new_place is None else new_items[new_place]
                op: Op = "insert" if before is MISSING else "delete" if after is MISSING else "change"
                yield ListItemChange(op=op, old=before, new=after, **self.details(before, after))

    def blocks(self, old: dict[str, Document], new: dict[str, Document]) -> Iterator[BlockChange]:
        """What became of every block, in the order of the new body. See the example at the head of this file."""
        old_places = {block_id: place for place, block_id in enumerate(old)}
        shared = [id for id in new if id in old and _is_same(old[id].get("type"), new[id].get("type"))]
        stayed = {shared[index] for index in longest_increasing([old_places[block_id] for block_id in shared])}
        shared_ids = {*shared}
        removed: defaultdict[str | None, list[BlockRemoved]] = defaultdict(list)  # by the block before that stayed
        last_stayed = None
        for block_id in old:
            if block_id in stayed:
                last_stayed = block_id
            elif block_id not in shared_ids:
                removed[last_stayed].append(BlockRemoved(id=block_id, block=old[block_id]))
        yield from removed[None]
        for place, (block_id, block) in enumerate(new.items()):
            if block_id not in shared_ids:
                yield BlockAdded(id=block_id, block=block)
                continue
            changes, block_type = self.fields(old[block_id], block), block.get("type")
            if block_id not in stayed:
                old_place = old_places[block_id]
                yield BlockMoved(id=block_id, type=block_type, old_place=old_place, new_place=place, fields=changes)
                continue
            yield BlockChanged(id=block_id, type=block_type, fields=changes) if changes else BlockKept(id=block_id)
            yield from removed[block_id]


def _is_same(old: Any, new: Any) -> bool:
    """Whether both are the same JSON; unlike ==, it tells 1, 1.0 and true apart."""
    return bool(old == new) and (isinstance(old, str) or _key(old) == _key(new))


def _key(value: Any) -> str:
    """A text that is equal for the same JSON only; what is no text becomes JSON behind a NUL, which no text has."""
    return value if isinstance(value, str) else "\0" + json.dumps(value, sort_keys=True)


def _pieces(old_tokens: Sequence[str], new_tokens: Sequence[str]) -> list[TextPiece]:
    pieces: list[TextPiece] = []
    deleted = inserted = ""
    runs = [*align(old_tokens, new_tokens)]
    for number, run in enumerate(runs):
        old_text, new_text = "".join(old_tokens[run.old]), "".join(new_tokens[run.new])
        # A blank between two changed words changes with them, or every other piece would be a blank.
        is_between_changes = old_text.isspace() and 0 < number < len(runs) - 1
        if run.is_equal and not is_between_changes:
            pieces += [*_replacement(deleted, inserted), TextPiece(op="equal", text=old_text)]
            deleted = inserted = ""
        else:
            deleted, inserted = deleted + old_text, inserted + new_text
    return pieces + _replacement(deleted, inserted)


def _replacement(deleted: str, inserted: str) -> list[TextPiece]:
    pieces = [TextPiece(op="delete", text=deleted), TextPiece(op="insert", text=inserted)]
    return [piece for piece in pieces if piece.text]


def _pairs(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int | None, int | None]]:
    """Which of the differing items of a list became which, in the order of the new list: the places of both, or None.

    As many old ones as new ones are paired in order. Otherwise an old item became the first of the next 20 new ones
    that has more than half of the words in common with it.
    """
    if len(old) == len(new):
        yield from ((place, place) for place in range(len(old)))
        return
    new_words = [{*_WORD.findall(text)} for text in new]
    next_new = 0
    for old_place, text in enumerate(old):
        words = {*_WORD.findall(text)}
        for place in range(next_new, min(next_new + ITEMS_AHEAD, len(new))):
            if 2 * len(words & new_words[place]) > max(len(words), len(new_words[place])):
                yield from ((None, skipped) for skipped in range(next_new, place))
                yield old_place, place
                next_new = place + 1
                break
        else:
            yield old_place, None
    yield from ((None, place) for place in range(next_new, len(new)))
