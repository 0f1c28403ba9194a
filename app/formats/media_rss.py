"""Media RSS, which RSS and Atom share: the picture of an entry, and whether it is for children.

Source: https://www.rssboard.org/media-rss.
"""

from xml.etree.ElementTree import Element

from app.formats.feed import FeedEntry
from app.formats.xml import add, qualified


def add_media(element: Element, entry: FeedEntry) -> None:
    """Adds the picture, in a group with its other widths and formats where it has some, and the rating."""
    if entry.image is not None:
        group = add(element, qualified("media", "group")) if entry.renditions else element
        is_default = {"isDefault": "true"} if entry.renditions else {}
        add(group, qualified("media", "content"), None, {"url": entry.image, "medium": "image", **is_default})
        for rendition in entry.renditions:
            sizes = {"type": rendition.media_type, "width": rendition.width, "height": rendition.height}
            attributes = {name: str(value) for name, value in sizes.items() if value is not None}
            add(group, qualified("media", "content"), None, {"url": rendition.url, "medium": "image", **attributes})
    if entry.is_adult:
        add(element, qualified("media", "rating"), "adult", {"scheme": "urn:simple"})
