"""What a story holds besides its text, by which its lists are narrowed: quotes, pictures, videos, notes, tables."""

from collections.abc import Iterable, Iterator
from typing import Final, Literal
from urllib.parse import urlsplit

from app.content.blocks import Block, Image

Holding = Literal["quote", "image", "video", "note", "table"]
_OF_BLOCK: Final[dict[str, Holding]] = {"quote": "quote", "reference_note": "note", "table": "table"}
# Names of providers in lower-case letters and digits alone, and the hosts that their videos are on.
_VIDEO_PROVIDERS: Final = frozenset(
    "youtube vimeo dailymotion tiktok twitch rumble odysee peertube streamable wistia brightcove kaltura jwplayer "
    "facebookvideo".split()
)
_VIDEO_HOSTS: Final = (
    "youtube.com", "youtube-nocookie.com", "youtu.be", "vimeo.com", "dailymotion.com", "dai.ly", "tiktok.com",
    "twitch.tv", "rumble.com", "odysee.com", "streamable.com", "wistia.com", "fb.watch",
)  # fmt: skip


def holdings(body: Iterable[Block], image: Image | None) -> set[Holding]:
    """What the body and the lead picture have. A picture of which only the credit is known is none."""
    return set(_holdings(body, image))


def _holdings(body: Iterable[Block], image: Image | None) -> Iterator[Holding]:
    if image is not None:
        yield from _of_image(image)
    for block in body:
        if block.type == "image":
            yield from _of_image(block)
        elif block.type == "embed":
            if _is_video(block.provider, block.url):
                yield "video"
        elif block.type in _OF_BLOCK:
            yield _OF_BLOCK[block.type]


def _of_image(image: Image) -> Iterator[Holding]:
    if image.url is not None:
        yield "video" if image.media == "video" else "image"


def _is_video(provider: str, url: str) -> bool:
    """Whether what is embedded is a video, by its provider or by where it is."""
    name = "".join(filter(str.isalnum, provider.lower()))
    host = urlsplit(url).netloc.rpartition("@")[2].partition(":")[0].lower()
    return name in _VIDEO_PROVIDERS or any(host == known or host.endswith(f".{known}") for known in _VIDEO_HOSTS)
