"""Pictures: their address, size and alternative text, and the caption with its credit."""

import re
from typing import Any, Final

from lxml import etree

from app.content.conversion.embeds import valid
from app.content.conversion.inline import Inline
from app.content.conversion.tree import classes, one_line, plain, tag_of
from app.web.fields import LINE_LENGTH, TEXT_LENGTH

# Where pages that load pictures late keep the address.
_LATE: Final = ("data-src", "data-lazy-src", "data-original", "data-orig-file", "data-full-url")
_LATE_SETS: Final = ("srcset", "data-srcset", "data-lazy-srcset")
_CREDIT_CLASS: Final = re.compile(r"credit|copyright|byline|photographer|(?:photo|image|media)-?(?:source|author|by)")
# A credit behind a caption: its words, with what stands before them. Each part is bounded, and tried from each place.
_CREDIT: Final = re.compile(
    r"(?:(?<=[.!?…»”\")])\s|\s[|/–—-]\s|\s?[(\[]|^)\s?"
    r"(?P<credit>(?:(?:photos?|pictures?|images?|credits?|foto|illustration|video|фото|світлини|знімок|ілюстрація|"
    r"зображення|відео|иллюстрация|снимок|zdjęcie)(?:\s(?:by|courtesy of|von|par))?\s?[:/–—|-]?|©|\(c\))"
    r"\s?(?P<name>[^\s:/–—|-].{1,120}?))[)\]]?\.?$",
    re.IGNORECASE,
)
_WITHOUT_SIGN: Final = re.compile(r"(?:photo|image|picture|foto|фото|video|відео)s?\s(?!by\b)\w", re.IGNORECASE)


def source_of(image: etree._Element, inline: Inline) -> str | None:
    """The address of a picture; None where it has none that can be kept."""
    sets = [value for name in _LATE_SETS if (value := image.get(name))]
    largest = [_largest(value) for value in sets]
    written = image.get("src") or ""
    late = [image.get(name) or "" for name in _LATE]
    # A placeholder stands in `src` until the picture is loaded.
    candidates = [*late, written, *largest] if any(late) else [written, *largest]
    for candidate in candidates:
        if candidate and not candidate.startswith(("data:", "blob:")) and (url := valid(inline.address(candidate))):
            return url
    return None


def _largest(srcset: str) -> str:
    """The address of the largest picture of a set. Source: HTML Standard, 4.8.4.2.1 (srcset)."""
    candidates = [part.split() for part in re.split(r",\s+|,$", srcset) if part.strip()]
    sizes = {parts[0]: _number(parts[1][:-1]) if len(parts) > 1 else 1 for parts in candidates}
    return max(sizes, key=lambda url: sizes[url], default="")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0


def is_invisible(image: etree._Element) -> bool:
    """Whether a picture only counts readers."""
    return all((image.get(name) or "").strip() in {"0", "1", "0px", "1px"} for name in ("width", "height"))


def image_block(image: etree._Element, inline: Inline, caption: etree._Element | None) -> dict[str, Any]:
    """The picture as a block; its `url` may be null."""
    text, credit = ("", "") if caption is None else caption_of(caption)
    size = {name: _pixels(image.get(name)) for name in ("width", "height")}
    alt_text = one_line(image.get("alt") or "")[:TEXT_LENGTH]
    return {
        "type": "image", "url": source_of(image, inline), "alt_text": alt_text or None,
        "caption": text[:TEXT_LENGTH] or None, "credit_line": credit[:LINE_LENGTH] or None, **size,
    }  # fmt: skip


def _pixels(value: str | None) -> int | None:
    digits = (value or "").strip().removesuffix("px")
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 7 else 0
    return number if 1 <= number <= 100_000 else None


def caption_of(caption: etree._Element) -> tuple[str, str]:
    """(caption, credit) of a caption: the credit is marked as such, or begins as credits do."""
    marked = [
        each
        for each in caption.iterdescendants()
        if tag_of(each) in {"small", "cite"} or any(_CREDIT_CLASS.search(name) for name in classes(each))
    ]
    credit = one_line(plain(marked[0])) if marked else ""
    text = plain(caption)
    if credit and (text.endswith(credit) or text.startswith(credit)):
        text = text.removesuffix(credit) if text.endswith(credit) else text.removeprefix(credit)
        return text.strip().rstrip("|/–—-([").rstrip(), credit
    return split_caption(text)


def split_caption(text: str) -> tuple[str, str]:
    """(caption, credit) of a caption in plain text: a credit stands at its end, in words or signs that say so."""
    match = _CREDIT.search(text[-200:])
    if match is None or _WITHOUT_SIGN.match(match["credit"]):
        return text, ""
    return text[: max(len(text) - 200, 0) + match.start()].rstrip(), match["credit"].strip()
