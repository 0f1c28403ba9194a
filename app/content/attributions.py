"""Attributions of a document: those that follow from its body, and whether what they say of it is so."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from app.content import html
from app.content.blocks import Attribution, Block, Image, ImageBlock, Quote
from app.errors import Fault


def complete_attributions(
    attributions: Sequence[Attribution], body: Iterable[Block], image: Image | None = None
) -> list[Attribution]:
    """The attributions, then those that follow from the picture and the body and are not among them.

    The speaker of a quote is added as `said_by`, the source of a picture as `published_by`, each with its block; the
    source of a picture is not added where it is attributed at that place in any role.
    """
    complete = list(attributions)
    credited = {(attribution.source, attribution.block) for attribution in attributions}
    speakers = {(each.source, each.block) for each in attributions if each.role == "said_by"}
    if image is not None and image.source and (image.source, None) not in credited:
        complete.append(Attribution(source=image.source, role="published_by"))
    for block in body:
        if isinstance(block, Quote) and block.source and (block.source, block.id) not in speakers:
            complete.append(Attribution(source=block.source, role="said_by", text=block.attribution, block=block.id))
        elif isinstance(block, ImageBlock) and block.source and (block.source, block.id) not in credited:
            complete.append(Attribution(source=block.source, role="published_by", block=block.id))
    return complete


def misplaced(attributions: Iterable[Attribution], body: Iterable[Block], pointer: str = "") -> list[Fault]:
    """Faults for attributions that name a block which is not there, or words which do not stand in it.

    The pointers begin with `pointer`, below which the attributions are. The blocks have been sanitised.
    """
    blocks = {block.id: block for block in body}
    faults = []
    for place, attribution in enumerate(attributions):
        if attribution.block is None:
            continue
        if attribution.block not in blocks:
            detail = f"names the block {attribution.block!r}, which is not in the body"
            faults.append(Fault(detail, "unknown", pointer=f"{pointer}/attributions/{place}/block"))
        elif attribution.text is not None and not _stands_in(attribution.text, blocks[attribution.block]):
            detail = f"does not stand in the block {attribution.block!r}, so these are not its exact words"
            faults.append(Fault(detail, "not-there", pointer=f"{pointer}/attributions/{place}/text"))
    return faults


def unplace(attributions: Sequence[Attribution], body: Iterable[Block], pointer: str = "") -> list[Fault]:
    """Takes the block off each attribution that `misplaced` finds wrong: it then stands for the whole, words and all.

    Returns a warning for each.
    """
    warnings = []
    for fault in misplaced(attributions, body, pointer):
        *_, place, _ = (fault.pointer or "").split("/")
        attributions[int(place)].block = None
        detail = f"{fault.detail}; it is stored without its block"
        warnings.append(Fault(detail, "mended", pointer=fault.pointer))
    return warnings


def _stands_in(words: str, block: Block) -> bool:
    """Whether the block has these words somewhere, whatever blanks are between them.

    A quote does not keep the verb of its sentence: words that name its speaker as the block does stand in it too.
    """
    words, text = (
        " ".join(each.split()) for each in (words, " ".join(_words(block.model_dump(exclude={"id", "type"}))))
    )
    return words in text or (isinstance(block, Quote) and block.attribution is not None and block.attribution in words)


def _words(value: Any, name: str = "") -> Iterator[str]:
    """All texts of a dumped block; those of `html` and of the items of lists as plain text."""
    if isinstance(value, str):
        yield html.plain(value) if name in {"html", "items"} else value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from _words(member, key)
    elif isinstance(value, list):
        for member in value:
            yield from _words(member, name)


def client_attributions(
    attributions: Sequence[Attribution], body: Sequence[Block], image: Image | None = None
) -> list[Attribution]:
    """Those that a client has set: all but the ones that follow from the body and the picture beside these."""
    derived = complete_attributions([], body, image)
    others = [attribution for attribution in attributions if attribution not in derived]
    following = complete_attributions(others, body, image)
    return [each for each in attributions if each not in derived or each not in following]
