"""Quotations, with who is named as their speaker; those that a script shows from elsewhere are embeds."""

import re
from html import escape
from typing import TYPE_CHECKING, Final

from lxml import etree

from app.content import html
from app.content.conversion import embeds
from app.content.conversion.tree import classes, one_line, plain, tag_of
from app.web.fields import LANGUAGE, TEXT_LENGTH, canonical_language, is_blank

if TYPE_CHECKING:
    from app.content.conversion.walk import Json, Walk

_DASHES: Final = re.compile(r"^[\s—–―‒-]+")


def quote(walk: "Walk", element: etree._Element, caption: etree._Element | None = None) -> None:
    """A quotation; `caption` is that of the figure around it, and names the speaker."""
    walk.flush()
    if provider := next((embeds.QUOTED[name] for name in sorted(classes(element)) if name in embeds.QUOTED), None):
        _embed(walk, element, provider)
        return
    speaker = "" if caption is None else one_line(plain(caption))
    if not speaker and (named := _named(element)) is not None:
        speaker = one_line(plain(named))
        _take_out(named)
    speaker = _DASHES.sub("", speaker)[:TEXT_LENGTH]
    inner = walk.inner()
    inner.apart(element)
    texts: list[str] = []
    others: list[Json] = []
    for block in inner.blocks:
        if block["type"] in {"paragraph", "list"}:
            texts += [block["html"]] if block["type"] == "paragraph" else block["items"]
        elif block["type"] == "heading":
            texts.append(f"<strong>{escape(block['text'], quote=False)}</strong>")
        else:
            others.append(block)
    if address := element.get("cite"):
        walk.warn(f"the address of a quotation is left out: {address[:200]}")
    language = canonical_language(element.get("lang") or "")
    around = element.getparent()
    for part in walk.fitting("<br>".join(texts)):
        if not is_blank(html.plain(part)):
            walk.add(
                {
                    "type": "quote", "html": part, "attribution": speaker or None,
                    "verbatim": around is None or "indirect" not in classes(around),
                    "language": language if LANGUAGE.fullmatch(language) else None,
                },
                element,
            )  # fmt: skip
            speaker = speaker if texts else ""
    if speaker and not texts:
        walk.paragraph(escape(speaker, quote=False))
    for block in others:
        walk.add(block)


def _named(element: etree._Element) -> etree._Element | None:
    """The element that names who is quoted: `cite` or `footer` below the quotation, or a last line of `cite` alone."""
    for child in reversed(element):
        if tag_of(child) in {"cite", "footer"}:
            return child
    last = element[-1] if len(element) else None
    if last is not None and tag_of(last) == "p" and len(element) > 1:
        cite = last.find("cite")
        if cite is not None and _DASHES.sub("", plain(last)) == plain(cite):
            return last
    return None


def _take_out(element: etree._Element) -> None:
    """Removes an element, and leaves the text behind it."""
    parent, before = element.getparent(), element.getprevious()
    assert parent is not None, "it stands in a quotation"
    if before is not None:
        before.tail = (before.tail or "") + (element.tail or "")
    else:
        parent.text = (parent.text or "") + (element.tail or "")
    parent.remove(element)


def _embed(walk: "Walk", element: etree._Element, provider: str) -> None:
    """A post of another site: its address is that of its last link, its text stays."""
    written = [element.get("data-instgrm-permalink"), element.get("cite"), element.get("data-href")]
    links = [link.get("href") for link in element.iterdescendants("a")]
    address = next((found for url in (*written, *reversed(links)) if url and (found := embeds.address(url))), None)
    text = "<br>".join(filter(None, (walk.inline.of(each).strip() for each in element))) or walk.inline.of(element)
    if address is None:
        walk.warn(f"what {provider} shows has no address, and stands as text")
        walk.paragraph(text)
        return
    walk.embed(element, embeds.Address(provider, address.url), text)
