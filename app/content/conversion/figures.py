"""Figures and what is shown in them: pictures, galleries, videos, frames of other sites."""

from typing import TYPE_CHECKING, Final

from lxml import etree

from app.content import html
from app.content.conversion import embeds, media, quotes
from app.content.conversion.inline import is_emoji
from app.content.conversion.tree import classes, plain, tag_of
from app.web.fields import LINE_LENGTH, TEXT_LENGTH

if TYPE_CHECKING:
    from app.content.conversion.walk import Walk

_PICTURES: Final = ("img", "amp-img")
_FRAMES: Final = ("iframe", "embed", "object", "video", "audio", "amp-iframe")
# Classes of divisions that are figures by what they hold.
_CAPTIONED: Final = frozenset({"wp-caption", "image-caption", "media-caption", "caption", "photo"})
_CAPTIONS: Final = frozenset({"wp-caption-text", "wp-caption-dd", "caption", "caption-text", "image-caption"})


def is_captioned(division: etree._Element) -> bool:
    """Whether a division is a picture with its caption."""
    has_class = not _CAPTIONED.isdisjoint(classes(division))
    return has_class and sum(1 for _ in division.iterdescendants(*_PICTURES)) == 1 and _caption(division) is not None


def _caption(figure: etree._Element) -> etree._Element | None:
    """The caption of the figure itself, not of one within it."""
    for each in figure.iterdescendants():
        if tag_of(each) == "figcaption" or not _CAPTIONS.isdisjoint(classes(each)):
            owner = next((above for above in each.iterancestors("figure") if above is not each), figure)
            if owner is figure or tag_of(figure) != "figure":
                return each
    return None


def figure(walk: "Walk", element: etree._Element) -> None:
    """A figure: what it shows, with its caption where a block holds one, else with a paragraph behind it."""
    walk.flush()
    caption = _caption(element)
    around = set() if caption is None else {*caption.iterancestors()}
    shown = [each for each in element.iterdescendants() if each not in around]
    names = [tag_of(each) for each in shown]
    quotation = next((each for each in shown if tag_of(each) == "blockquote"), None)
    pictures = [each for each in element.iterdescendants(*_PICTURES) if not _is_hidden(each)]
    if quotation is not None and not pictures:
        quotes.quote(walk, quotation, caption)
    elif (framed := next(element.iterdescendants(*_FRAMES), None)) is not None and not pictures:
        _framed(walk, framed, caption)
    elif not pictures and _EMBED_CLASSES & classes(element) and _linked(walk, element, caption):
        return
    elif len(pictures) == 1 and "figure" not in names and "table" not in names:
        picture_with_caption(walk, pictures[0], caption)
        _rest(walk, element, pictures[0], caption)
    else:
        if caption is not None and (parent := caption.getparent()) is not None:
            parent.remove(caption)
        walk.apart(element)
        if caption is not None and plain(caption):
            walk.warn("the caption of several things stands as a paragraph behind them")
            walk.apart(caption)


_EMBED_CLASSES: Final = frozenset({"wp-block-embed", "embed"})


def _is_hidden(image: etree._Element) -> bool:
    """Whether a picture is the copy of another one for browsers without scripts, an emoji, or counts readers."""
    in_noscript = next(image.iterancestors("noscript"), None) is not None
    return in_noscript or is_emoji(image) or media.is_invisible(image)


def _rest(walk: "Walk", figure: etree._Element, picture: etree._Element, caption: etree._Element | None) -> None:
    """Text of a figure that is neither picture nor caption."""
    known = "" if caption is None else plain(caption)
    text = plain(figure).replace(known, "", 1).strip() if known else plain(figure)
    if text and next(picture.iterancestors("noscript"), None) is None:
        walk.paragraph(html.escape(text))


def _linked(walk: "Walk", element: etree._Element, caption: etree._Element | None) -> bool:
    """Adds what stands as an address alone, or as a link, in a figure for such things; false where there is none."""
    link = next(element.iterdescendants("a"), None)
    known = "" if caption is None else plain(caption)
    written = plain(element).replace(known, "", 1).strip()
    address = embeds.address(written if " " not in written else "")
    address = address or (embeds.address(link.get("href") or "") if link is not None else None)
    if address is None:
        return False
    text = known or (written if " " in written else "")
    if link is not None and text and not known:
        text = text.removesuffix(plain(link)).strip()
    walk.embed(element, address, html.escape(text))
    return True


def _framed(walk: "Walk", framed: etree._Element, caption: etree._Element | None) -> None:
    if tag_of(framed) == "video":
        video(walk, framed, caption)
    elif tag_of(framed) == "audio":
        audio(walk, framed, caption)
    else:
        frame(walk, framed, caption)


def picture_with_caption(walk: "Walk", image: etree._Element, caption: etree._Element | None) -> None:
    """A picture block. One without an address that can be kept is told of, and keeps its words."""
    block = media.image_block(image, walk.inline, caption)
    if block["url"] is None:
        address = (image.get("src") or "")[:200]
        what = "a picture that stands in its own address" if address.startswith("data:") else "the address of a picture"
        walk.leave_out(image, what, "" if address.startswith("data:") else address)
        if not any(block[name] for name in ("alt_text", "caption", "credit_line")):
            return
    if caption is not None and any(link.get("href") for link in caption.iterdescendants("a")):
        walk.warn("links in a caption are left out, their text stays")
    walk.add(block, image)


def image(walk: "Walk", element: etree._Element) -> None:
    """A picture that stands alone."""
    if media.is_invisible(element):
        walk.leave_out(element, "a picture of one point", element.get("src") or "")
        return
    walk.flush()
    picture_with_caption(walk, element, None)


def picture(walk: "Walk", element: etree._Element) -> None:
    """A picture in several forms: the one that every browser reads."""
    for each in element.iterdescendants(*_PICTURES):
        image(walk, each)


def noscript(walk: "Walk", element: etree._Element) -> None:
    """What browsers without scripts show: nothing new where it is the picture before it."""
    urls = {media.source_of(each, walk.inline) for each in element.iterdescendants(*_PICTURES)}
    if urls and urls <= {block.get("url") for block in walk.blocks[-len(urls) :]}:
        return
    walk.container(element)


def frame(walk: "Walk", element: etree._Element, caption: etree._Element | None = None) -> None:
    """What another site shows in a frame, as a link to its page."""
    names = ("src", "data-src", "data-lazy-src", "data", "data-url")
    written = [walk.inline.address(value) for name in names if (value := element.get(name))]
    written += [param.get("value") or "" for param in element.iterdescendants("param") if param.get("name") == "movie"]
    address = next((found for url in written if (found := embeds.address(url)) is not None), None)
    walk.flush()
    if address is None:
        walk.leave_out(element, "a frame without an address that can be kept", next(iter(written), "")[:200])
        walk.container(element)
        return
    if next(element.iterdescendants("iframe", "embed", "video", "img"), None) is None and plain(element):
        walk.leave_out(element, "the text in place of a frame")
    text = "" if caption is None else walk.inline.of(caption)
    walk.embed(element, address, text or html.escape(element.get("title") or ""))


def video(walk: "Walk", element: etree._Element, caption: etree._Element | None = None) -> None:
    """A video file: an image block of media `video`, with its caption."""
    walk.flush()
    url = _file(walk, element)
    if url is None:
        walk.leave_out(element, "a video without an address")
        return
    text, credit = ("", "") if caption is None else media.caption_of(caption)
    block = {"type": "image", "media": "video", "url": url, "caption": text[:TEXT_LENGTH] or None}
    walk.add({**block, "credit_line": credit[:LINE_LENGTH] or None}, element)


def audio(walk: "Walk", element: etree._Element, caption: etree._Element | None = None) -> None:
    """A sound file, as a link to it."""
    walk.flush()
    url = _file(walk, element)
    address = None if url is None else embeds.address(url)
    if address is None:
        walk.leave_out(element, "a sound without an address")
        return
    walk.embed(element, address, "" if caption is None else walk.inline.of(caption))


def _file(walk: "Walk", element: etree._Element) -> str | None:
    """The address of the file that an element plays."""
    sources = [element.get("src"), element.get("data-src"), *(each.get("src") for each in element.iter("source"))]
    return next((url for each in sources if each and (url := embeds.valid(walk.inline.address(each)))), None)


def script(walk: "Walk", element: etree._Element) -> None:
    """A script shows something, or makes something of a quotation before it; else it is left out."""
    source = element.get("src")
    url = embeds.valid(walk.inline.address(source)) if source else None
    address = None if url is None else embeds.address(url)
    if address is not None and address.provider == "github gist":
        walk.flush()
        walk.embed(element, embeds.Address(address.provider, address.url.removesuffix(".js")), "")
    elif url is not None and not embeds.is_known(url):
        walk.leave_out(element, "a script", url)
    elif url is None and (element.text or "").strip() and "json" not in (element.get("type") or ""):
        walk.leave_out(element, "a script", " ".join((element.text or "").split()))
