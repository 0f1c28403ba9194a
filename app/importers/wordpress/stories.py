"""A post of WordPress as the document of a story, ready to save. Needs no database."""

import re
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any, Final

from app.content.conversion import convert
from app.content.conversion.embeds import valid
from app.content.conversion.media import split_caption
from app.importers.documents import read
from app.importers.stories import Story, plain_line
from app.importers.wordpress.export import Post
from app.importers.wordpress.markup import html_of
from app.importers.wordpress.site import Site, authors_of, is_public, language_of, slug_of
from app.web.fields import LINE_LENGTH, TEXT_LENGTH, format_instant

IMPORTER: Final = "wordpress"
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def refused(post: Post, place: str, line: int, detail: str) -> Story:
    """A post that cannot be a story, with what is wrong with it."""
    return Story.refused(place, post.id, plain_line(post.text("title")), line, detail)


def story(post: Post, site: Site, place: str, line: int, now: datetime) -> Story:
    """The story that a post is. What cannot be stored is in the faults of its item."""
    notes: list[str] = []
    title = plain_line(post.text("title"))
    try:
        conversion = convert(html_of(post.content, site, post.id, notes.append), base=valid(post.text("link")))
    except ValueError as error:
        return refused(post, place, line, f"its text {error}")
    document = {
        "noun": "article",
        "id": site.article_id(post.id),
        "slug": site.slugs[post.id],
        "language": language_of(post, site.language),
        "headline": title[:LINE_LENGTH],
        "standfirst": plain_line(post.excerpt)[:TEXT_LENGTH] or None,
        "body": conversion.blocks,
        "image": _image(post, site, notes),
        **_credits(post, site),
        **_tags(post, site, notes),
        **_release(post, site, title, now, notes),
        "origin": {**site.origin_of(post.id), "url": valid(post.text("link")), "importer": IMPORTER},
    }
    if len(title) > LINE_LENGTH:
        notes.append(f"the title is longer than {LINE_LENGTH} characters, and cut")
    item = read(document, now, line)
    item.warnings[:0] = conversion.warnings
    return Story(place, post.id, title, item, site.slugs[post.id], [*dict.fromkeys(notes)])


def _image(post: Post, site: Site, notes: list[str]) -> dict[str, Any] | None:
    """The featured image, with its caption and credit."""
    id = post.first_meta("_thumbnail_id")
    if not id:
        return None
    picture = site.pictures.get(id)
    url = valid(picture.url) if picture is not None else None
    if picture is None or url is None:
        notes.append(f"the featured image {id[:20]} is not in the export")
        return None
    caption, credit = split_caption(plain_line(picture.caption))
    return {
        "url": url, "alt_text": plain_line(picture.alt_text) or None, "caption": caption[:TEXT_LENGTH] or None,
        "credit_line": credit[:LINE_LENGTH] or None, "width": picture.width or None, "height": picture.height or None,
    }  # fmt: skip


def _credits(post: Post, site: Site) -> dict[str, Any]:
    """The byline, and an attribution to each author."""
    slugs = [slug for login in authors_of(post, {}) if (slug := site.sources.get(login)) is not None]
    names = [next(iter(site.source_documents[slug]["names"].values())) for slug in dict.fromkeys(slugs)]
    attributions = [{"source": slug, "role": "author"} for slug in dict.fromkeys(slugs)]
    return {"byline": ", ".join(names)[:LINE_LENGTH] or None, "attributions": attributions}


def _tags(post: Post, site: Site, notes: list[str]) -> dict[str, Any]:
    """Tags of the categories and tags of a post; the first that is a section here is its section."""
    slugs = [slug for term in post.terms if (slug := site.tags.get((term.taxonomy, term.slug))) is not None]
    sections = [slug for slug in dict.fromkeys(slugs) if slug in site.sections]
    if len(sections) > 1:
        notes.append(f"stands in the section {sections[0]}, and not in {', '.join(sections[1:])} too")
    topics = [slug for slug in dict.fromkeys(slugs) if slug not in site.sections]
    if len(topics) > 100:
        notes.append(f"has {len(topics)} tags, of which 100 are kept")
    return {"section": sections[0] if sections else None, "tags": topics[:100]}


def _release(post: Post, site: Site, title: str, now: datetime, notes: list[str]) -> dict[str, Any]:
    """Status and dates; what is protected or private is a draft."""
    published_at = _instant(post.text("post_date_gmt"), UTC) or _mail_date(post.text("pubDate"))
    if published_at is None and (published_at := _instant(post.text("post_date"), site.zone)) and is_public(post):
        notes.append(f"its date has no zone, and is read in that of the site here ({site.zone.key})")
    modified_at = _instant(post.text("post_modified_gmt"), UTC) or published_at
    created_at = min(published_at or now, now)
    modified_at = min(max(modified_at or created_at, created_at), now)
    dates = {"created_at": format_instant(created_at), "modified_at": format_instant(modified_at)}
    former = [slug_of(slug, "") for slug in post.meta.get("_wp_old_slug", ())]
    reason = _reason_for_draft(post, title, published_at)
    if reason:
        notes.append(f"is a draft: {reason}")
    translated = _translation(post, site, notes, is_draft=reason is not None)
    if reason is not None or published_at is None:
        return {"status": "draft", **dates, **translated}
    if published_at > now:
        return {"status": "scheduled", "publish_at": format_instant(published_at), **dates, **translated}
    free = [slug for slug in dict.fromkeys(former) if slug and site.owners.get(slug, post.id) == post.id]
    at = format_instant(published_at)
    shown = {"published_at": at, "first_published_at": at, "updated_at": dates["modified_at"]}
    return {"status": "published", "former_slugs": free, **shown, **dates, **translated}


def _reason_for_draft(post: Post, title: str, published_at: datetime | None) -> str | None:
    """Why a post does not become public; "" where nobody would expect it to; None where it does."""
    if post.text("post_password"):
        return "it has a password"
    if post.status == "private":
        return "it is private"
    if not is_public(post):
        return "" if post.status in {"draft", "pending"} else f"its status is {post.status[:40] or 'not told'}"
    if not title:
        return "it has no title"
    return "it has no date" if published_at is None else None


def _translation(post: Post, site: Site, notes: list[str], *, is_draft: bool) -> dict[str, Any]:
    original = site.originals.get(post.id)
    if original is None:
        return {}
    if original in site.hidden and not is_draft:
        notes.append("is stored without its original, which is not public")
        return {}
    return {"translation_of": site.article_id(original)}


def _mail_date(text: str) -> datetime | None:
    """The instant of a date as mails have it; None for what is none, or has no offset."""
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return at.astimezone(UTC) if at.tzinfo is not None and at.year > 1 else None


def _instant(text: str, zone: tzinfo) -> datetime | None:
    """The instant of a date of WordPress in this zone; None for `0000-00-00 00:00:00` and what is no date."""
    if not _DATE.fullmatch(text) or text.startswith("0000"):
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
