"""Applies a difference, as a client may: what a difference says must be enough to make the new document."""

from typing import Any

from pydantic import MISSING

from app.content.differences import (
    BlockAdded,
    BlockChanged,
    BlockKept,
    BlockMoved,
    BlockRemoved,
    DocumentDifference,
    FieldChange,
)


def apply(document: dict[str, Any], change: DocumentDifference) -> dict[str, Any]:
    """The new document, from the old one and what `difference` returned. The old one is not changed."""
    result = _with_changes(document, change.fields)
    if change.body is not None:
        blocks = {block["id"]: block for block in document["body"]}
        result["body"] = []
        for entry in change.body:
            match entry:
                case BlockKept():
                    result["body"].append(blocks[entry.id])
                case BlockChanged() | BlockMoved():
                    result["body"].append(_with_changes(blocks[entry.id], entry.fields))
                case BlockAdded():
                    result["body"].append(entry.block)
                case BlockRemoved():
                    pass
    return result


def _with_changes(value: dict[str, Any], changes: list[FieldChange]) -> dict[str, Any]:
    changed = {change.field for change in changes}
    unchanged = {name: content for name, content in value.items() if name not in changed}
    return unchanged | {change.field: change.new for change in changes if change.new is not MISSING}
