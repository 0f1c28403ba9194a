"""JSON Feed 1.1. Source: https://www.jsonfeed.org/version/1.1/."""

from typing import Any, Final

from pydantic_core import to_json

from app.formats.feed import Feed, FeedEntry

MEDIA_TYPE: Final = "application/feed+json"


def render(feed: Feed) -> bytes:
    """The page of the feed, with the entries in their order. JSON Feed cannot say what was removed."""
    members: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": f"{feed.site.url}/",
        "feed_url": feed.url,
        "next_url": feed.next,
        "language": feed.language,
        "authors": [{"name": feed.site.name}],
        "_license": {"url": feed.site.license_url} if feed.site.license_url else None,
        "hubs": [{"type": "WebSub", "url": feed.hub}] if feed.hub is not None else None,
    }
    return to_json({**_filled(members), "items": [_item(entry) for entry in feed.entries]})


def _item(entry: FeedEntry) -> dict[str, Any]:
    content = {"content_text": entry.summary} if entry.html is None else {"content_html": entry.html}
    return _filled(
        {
            "id": entry.id,
            "url": entry.url,
            "title": entry.title,
            **content,
            "summary": entry.summary,
            "image": entry.image,
            "date_published": entry.published,
            "date_modified": entry.updated,
            "authors": [{"name": name} for name in entry.authors],
            "tags": [*entry.tags],
            "language": entry.language,
        }
    )


def _filled(members: dict[str, Any]) -> dict[str, Any]:
    """Without members that have no value; an empty text is one."""
    return {name: value for name, value in members.items() if value not in (None, [])}
