"""Addresses of pictures in other widths and formats, at a resizer that stands beside this server.

Nothing is fetched or resized here, and nothing of it is stored: addresses are made of the setting when an answer is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Any, Final, NamedTuple
from urllib.parse import quote, urlsplit

from pydantic import Field

from app.formats.uris import as_uri

# From a small telephone to a wide screen of twice the density, in pixels.
WIDTHS: Final = (320, 640, 960, 1280, 1920, 2560)
# The subtypes of `image/` that browsers choose from, the smallest files first; the original stands behind them.
FORMATS: Final = ("avif", "webp")


@dataclass(frozen=True, slots=True)
class ImageRendition:
    """A picture in another width or format."""

    url: Annotated[str, Field(description="Its address at the resizer.")]
    width: Annotated[int, Field(description="In pixels.")]
    height: Annotated[int | None, Field(description="In pixels; null where the size of the original is not known.")]
    format: Annotated[
        str | None,
        Field(description="The media type without `image/`; null where the resizer chooses.", examples=["avif"]),
    ]

    @property
    def media_type(self) -> str | None:
        return None if self.format is None else f"image/{self.format}"


# The renditions of pictures by their `url`; of none that has no others.
ImageRenditions = dict[str, list[ImageRendition]]


class SourceSet(NamedTuple):
    """The renditions of one format as `srcset` of an element `source`. Source: HTML, 4.8.4.3."""

    media_type: str | None
    srcset: str


@dataclass(frozen=True, slots=True)
class Resizer:
    """How the resizer is addressed: a template with {url}, {width} and perhaps {format}; empty where there is none.

    `origin` is that of this server, whose pictures may have paths for addresses.
    """

    template: str = ""
    origin: str = ""

    def renditions(self, image: Mapping[str, Any]) -> list[ImageRendition]:
        """The renditions of a picture, those of one format together, by width.

        None is wider than the original, where its width is known. Videos have none, nor have drawings in SVG, which
        fit every width.
        """
        url = image["url"]
        if not self.template or url is None or image["media"] == "video" or urlsplit(url).path.endswith(".svg"):
            return []
        original = quote(as_uri(self.origin + url if url.startswith("/") else url), safe="")
        width, height = image["width"], image["height"]
        ratio = height / width if width and height else None
        return [
            ImageRendition(
                url=self.template.format(url=original, width=each, format=format or ""),
                width=each,
                height=None if ratio is None else max(1, round(each * ratio)),
                format=format,
            )
            for format in (FORMATS if "{format}" in self.template else (None,))
            for each in _widths(width)
        ]

    def source_sets(self, image: Mapping[str, Any]) -> list[SourceSet]:
        """The renditions of a picture for an element `picture`, one set for each format."""
        by_format = groupby(self.renditions(image), lambda rendition: rendition.media_type)
        return [
            SourceSet(media_type, ", ".join(f"{each.url} {each.width}w" for each in group))
            for media_type, group in by_format
        ]


def _widths(original: int | None) -> list[int]:
    """The widths that an original of this width is shown in, up to its own."""
    widest = min(original or WIDTHS[-1], WIDTHS[-1])
    return [*(width for width in WIDTHS if width < widest), widest]
