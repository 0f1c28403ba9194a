"""ninjs, the news exchange format of IPTC: 3.1, and 2.2 for its readers. Source: https://iptc.org/standards/ninjs/."""

from typing import Any, Final, Literal

from pydantic_core import to_json

from app.formats import html, text
from app.formats.newscodes import digital_source_uri, genre_name, genre_uri
from app.formats.story import Json, Story, in_language

Version = Literal["3.1", "2.2"]
_STATUSES: Final = {
    "published": "usable", "draft": "withheld", "scheduled": "withheld", "withdrawn": "canceled", "expired": "canceled",
}  # fmt: skip
# Where tags stand, by their type; sections, topics and series are subjects.
_GROUPS: Final = {"person": "people", "organisation": "organisations", "place": "places", "event": "events"}
# Titles of the newsroom's policies, in their order.
_POLICIES: Final = ("Corrections policy", "Unnamed sources policy", "AI policy")
# Properties that 2.2 does not have, by where they stand.
_NOT_IN_2_2: Final = {"associations": {"rel"}, "renditions": {"poi"}}


def render(story: Story, version: Version = "3.1") -> bytes:
    """The story, or note, with everything in it; to the desk what was withdrawn or has expired is `canceled`."""
    standard = {
        "name": "ninjs",
        "version": version,
        "schema": f"http://www.iptc.org/std/ninjs/ninjs-schema_{version}.json#",
    }
    item = _filled({"uri": _uri(story), "standard": standard, **_item(story)})
    if version == "2.2":
        item = _as_2_2(item)
    return to_json(item).replace(b"<", b"\\u003c")


def _filled(members: Json) -> Json:
    """Without members that are empty."""
    return {name: member for name, member in members.items() if member not in (None, "", [])}


def _as_2_2(value: Any, group: str = "") -> Any:
    """The names of 2.2 are those of 3.1 in lower case."""
    if isinstance(value, list):
        return [_as_2_2(item, group) for item in value]
    if not isinstance(value, dict):
        return value
    dropped = _NOT_IN_2_2.get(group, ())
    return {name.lower(): _as_2_2(member, name) for name, member in value.items() if name not in dropped}


def _uri(story: Story) -> str:
    """An article by its id, since its slug may change."""
    return story.site.address(story.noun, story.document["id" if story.noun == "article" else "slug"])


def _item(story: Story) -> Json:
    document = story.document
    is_article = story.noun == "article"
    private_note = document.get("ednote")
    return {
        "type": "text",
        "representationType": "full",
        "version": str(document["revision"]),
        "firstCreated": document["created_at"],
        "versionCreated": document["modified_at"],
        "contentCreated": document["first_published_at"],
        "embargoedUntil": document["publish_at"],
        "expires": document.get("expires_at"),
        "pubStatus": _STATUSES[document["status"]],
        "language": story.language,
        "slugline": document["slug"],
        "by": document.get("byline"),
        "copyrightHolder": story.site.name,
        "rightsInfo": {"linkedRights": story.site.license_url} if story.site.license_url else None,
        "trustIndicators": [
            {"title": title, "href": url} for title, url in zip(_POLICIES, story.site.policies, strict=True) if url
        ],
        "edNote": private_note,
        "headlines": _texts({"main": story.title, "kicker": document.get("kicker"), **document.get("headlines", {})}),
        "located": document.get("dateline"),
        "genres": _genres(story),
        "digitalSourceType": _digital_source(document["ai"]),
        "descriptions": _descriptions(story),
        "bodies": _bodies(story),
        **_tagged(story),
        "infoSources": _info_sources(story),
        "associations": [*_pictures(story), *_notes(story), *_related(story), *_translations(story)],
        "altIds": _texts({"address": story.address, "slug": document["slug"] if is_article else None}),
    }


def _texts(texts: dict[str, str | None]) -> list[Json]:
    """Texts by role; none without a text."""
    return [{"role": role, "value": value} for role, value in texts.items() if value]


def _descriptions(story: Story) -> list[Json]:
    document = story.document
    opening = "standfirst" if document.get("standfirst") else "excerpt"
    corrections = [{"role": each["kind"], "value": each["text"]} for each in document.get("corrections", ())]
    warnings = [{"role": "content_warning", "value": warning} for warning in story.warnings]
    told = {name: document.get(name) for name in (opening, "editors_note", "as_of")}
    return _texts({**told, "ai": story.disclosure(document["ai"])}) + warnings + corrections


def _genres(story: Story) -> list[Json]:
    """Its genre; of what is paid for that too."""
    paid = ["sponsored"] if "sponsored" in story.document.get("flags", ()) else []
    genres = dict.fromkeys(filter(None, [story.document.get("genre"), *paid]))
    return [{"name": genre_name(genre), "uri": genre_uri(genre), "literal": genre} for genre in genres]


def _digital_source(ai: Json | None) -> Json | None:
    uri = digital_source_uri(ai)
    return None if ai is None or uri is None else {"uri": uri, "literal": ai["digital_source_type"]}


def _bodies(story: Story) -> list[Json]:
    """The body as HTML and as text; a draft may have none yet."""
    html_body, plain = html.body(story), text.body(story)
    words = story.document.get("word_count")
    counts = _filled({"charCount": len(plain), "wordCount": words})
    contents = {"text/html": html_body, "text/plain": plain}
    return [
        {"role": "main", "contentType": media_type, **counts, "value": value}
        for media_type, value in contents.items()
        if value
    ]


def _tagged(story: Story) -> dict[str, list[Json]]:
    groups: dict[str, list[Json]] = {"subjects": [], **{group: [] for group in _GROUPS.values()}}
    for tag in story.tags:
        named = {"name": tag["label"], "uri": story.site.address("tag", tag["slug"]), "literal": tag["slug"]}
        rel = {"rel": tag["type"]} if tag["type"] not in _GROUPS else {}
        groups[_GROUPS.get(tag["type"], "subjects")].append({**named, **rel})
    return groups


def _info_sources(story: Story) -> list[Json]:
    """Each source once for each of its roles, as the reader sees it."""
    shown = story.included.get("sources", {})
    roles = dict.fromkeys((given["source"], given["role"]) for given in story.document["attributions"])
    return [
        {
            "name": in_language(shown[slug]["names"], story.language),
            "role": role,
            "uri": story.site.address("source", slug),
            "literal": slug,
        }
        for slug, role in roles
        if slug in shown
    ]


def _pictures(story: Story) -> list[Json]:
    return [_picture(story, block or "lead", image) for block, image in story.images]


def _picture(story: Story, name: str, image: Json) -> Json:
    return _filled(
        {
            "name": name,
            "rel": "lead" if name == "lead" else "picture",
            "uri": f"{_uri(story)}#{name if name == 'lead' else f'block-{name}'}",
            "type": "video" if image["media"] == "video" else "picture",
            "by": image["photographer"],
            "copyrightNotice": image["copyright_notice"],
            "descriptions": _texts(
                {
                    "caption": image["caption"],
                    "alt_text": image["alt_text"],
                    "credit": story.credit(image),
                    "ai": story.disclosure(image["ai"]),
                }
            ),
            "digitalSourceType": _digital_source(image["ai"]),
            "renditions": _renditions(story, image) if image["url"] else [],
        }
    )


def _renditions(story: Story, image: Json) -> list[Json]:
    """The original, then the picture in other widths and formats, named after these: `webp-640`."""
    sizes = {"width": image["width"], "height": image["height"]}
    original = {"name": "original", "href": story.site.uri(image["url"]), **sizes, "poi": _poi(image)}
    others = [
        {
            "name": f"{rendition.format or 'width'}-{rendition.width}",
            "href": rendition.url,
            "contentType": rendition.media_type,
            "width": rendition.width,
            "height": rendition.height,
        }
        for rendition in story.site.resizer.renditions(image)
    ]
    return [_filled(rendition) for rendition in (original, *others)]


def _poi(image: Json) -> Json | None:
    """The point of interest in pixels, where the size is known."""
    point = image["focal_point"]
    if point is None or image["width"] is None or image["height"] is None:
        return None
    return {"x": round(point["x"] * image["width"]), "y": round(point["y"] * image["height"])}


def _notes(story: Story) -> list[Json]:
    """Notes in the body, each once for each revision that it is shown at. Their texts are in the body."""
    blocks = (block for block in story.document["body"] if block["type"] == "reference_note")
    notes = {(block["note"], block["revision"]): story.note(block) for block in blocks}
    return [
        _filled(
            {
                "name": slug if revision is None else f"{slug}@{revision}",
                "rel": "reference_note",
                "uri": _uri(note),
                "type": "text",
                "version": str(note.document["revision"]),
                "language": note.language,
                "headlines": _texts({"main": note.title}),
                "descriptions": _descriptions(note),
            }
        )
        for (slug, revision), note in notes.items()
        if note is not None
    ]


def _related(story: Story) -> list[Json]:
    """Related stories that have an address."""
    blocks = [block for block in story.document["body"] if block["type"] == "related"]
    items = []
    for relation in (*story.document.get("relations", ()), *blocks):
        link = story.link(relation)
        if link is None or link.url is None:
            continue
        is_ours = relation["article"] in story.included.get("articles", {})
        uri = story.site.address("article", relation["article"]) if is_ours else story.site.uri(link.url)
        items.append(
            {
                "name": link.text,
                "rel": link.relation,
                "uri": uri,
                "type": "text",
                "headlines": _texts({"main": link.text}),
            }
        )
    return items


def _translations(story: Story) -> list[Json]:
    versions = story.included.get("translations", {}).get(story.document.get("id", ""), {})
    return [
        {
            "name": version["headline"] or language,
            "rel": "translation",
            "uri": story.site.address("article", version["id"]),
            "type": "text",
            "language": language,
            "headlines": _texts({"main": version["headline"]}),
        }
        for language, version in versions.items()
    ]
