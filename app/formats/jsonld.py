"""JSON-LD in the words of schema.org: NewsArticle, or the type of its genre, for a story; BackgroundNewsArticle for a
note.

Source: https://schema.org/NewsArticle, JSON-LD 1.1. A property without a value is left out. `<` is written as an
escape, so that the document may stand within a `script` element as it is.
"""

from typing import Any, Final

from pydantic_core import to_json

from app.formats import text
from app.formats.images import ImageRendition
from app.formats.newscodes import digital_source_uri, genre_uri
from app.formats.story import Json, Story, in_language

# Types of things by type of a tag, and of those who inform by type of a source.
_THINGS: Final = {"person": "Person", "organisation": "Organization", "place": "Place", "event": "Event"}
_INFORMANTS: Final = {"person": "Person", "organisation": "Organization", "media": "NewsMediaOrganization"}
# Types of stories by genre. What is paid for is no NewsArticle, and so has no dateline.
_STORIES: Final = {
    "news": "ReportageNewsArticle",
    "analysis": "AnalysisNewsArticle",
    "opinion": "OpinionNewsArticle",
    "review": "ReviewNewsArticle",
    "explainer": "BackgroundNewsArticle",
    "live": ["NewsArticle", "LiveBlogPosting"],
}
_PAID: Final = "AdvertiserContentArticle"
# What somebody of this role gave.
_CITED: Final = {"reported_by", "published_by", "document", "data", "said_by"}


def render(story: Story) -> bytes:
    """The story, or note, as one node."""
    thing = _article(story) if story.noun == "article" else _note(story)
    thing |= {"publisher": _publisher(story), "license": story.site.license_url}
    thing = {"@context": "https://schema.org", **thing}
    return to_json(_compact(thing)).replace(b"<", b"\\u003c")


def _compact(value: Any) -> Any:
    """Without members that are empty."""
    if isinstance(value, dict):
        return {name: _compact(member) for name, member in value.items() if member not in (None, "", [], {})}
    return [_compact(item) for item in value] if isinstance(value, list) else value


def _publisher(story: Story) -> Json:
    policies = story.site.policies
    return {
        "@type": "NewsMediaOrganization",
        "name": story.site.name,
        "url": story.site.url,
        "publishingPrinciples": [url for url in policies if url],
        "correctionsPolicy": policies.corrections,
        "unnamedSourcesPolicy": policies.unnamed_sources,
    }


def _article(story: Story) -> Json:
    document = story.document
    published = document["first_published_at"] or document["published_at"]
    pictures = [image for _, image in story.images if image["url"] is not None]
    section = next((tag for tag in story.tags if tag["type"] == "section"), None)
    things = [tag for tag in story.tags if tag["type"] in _THINGS]
    topics = [tag for tag in story.tags if tag["type"] == "topic"]
    is_paid = "sponsored" in {document["genre"], *document["flags"]}
    kind = _PAID if is_paid else _STORIES.get(document["genre"], "NewsArticle")
    return {
        "@type": kind,
        "@id": story.address,
        "url": story.address,
        "identifier": f"urn:uuid:{document['id']}",
        "headline": document["headline"],
        "alternativeHeadline": [*dict.fromkeys(filter(None, document["headlines"].values()))],
        "dateline": document["dateline"] if kind != _PAID else None,
        "genre": document["genre"] and genre_uri(document["genre"]),
        "isFamilyFriendly": False if "graphic" in document["flags"] else None,
        "description": document["standfirst"] or document["excerpt"],
        "articleSection": section and section["label"],
        "articleBody": text.body(story),
        "digitalSourceType": digital_source_uri(document["ai"]),
        "inLanguage": document["language"],
        "wordCount": document["word_count"],
        "timeRequired": f"PT{document['reading_minutes']}M",
        "dateCreated": document["created_at"],
        "datePublished": published,
        "dateModified": document["updated_at"] or published,
        "expires": document["expires_at"],
        "author": _authors(story),
        "editor": _people(story, "editor"),
        "translator": _people(story, "translator"),
        "image": [_picture(story, image) for image in pictures if image["media"] != "video"],
        "video": [_video(story, image) for image in pictures if image["media"] == "video"],
        "keywords": [tag["label"] for tag in topics],
        "about": [_thing(tag, "Thing") for tag in topics],
        "mentions": [_thing(tag, _THINGS[tag["type"]]) for tag in things] + _related(story),
        "isPartOf": [_thing(tag, "CreativeWorkSeries") for tag in story.tags if tag["type"] == "series"],
        "citation": _citations(story),
        "hasPart": _parts(story),
        "correction": [
            {"@type": "CorrectionComment", "text": each["text"], "datePublished": each["at"]}
            for each in document["corrections"]
        ],
        "isBasedOn": document["origin"] and document["origin"]["url"] and _url(story, document["origin"]["url"]),
        **_translations(story),
    }


def _note(story: Story) -> Json:
    document = story.document
    return {
        "@type": "BackgroundNewsArticle",
        "@id": story.address,
        "url": story.address,
        "headline": document["heading"],
        "articleBody": text.body(story),
        "digitalSourceType": digital_source_uri(document["ai"]),
        "inLanguage": document["language"],
        "temporalCoverage": document["as_of"],
        "dateCreated": document["created_at"],
        "datePublished": document["first_published_at"],
        "dateModified": document["updated_at"] or document["first_published_at"],
        "keywords": [tag["label"] for tag in story.tags if tag["type"] == "topic"],
        "about": [_thing(tag, _THINGS.get(tag["type"], "Thing")) for tag in story.tags],
        "citation": _citations(story),
        "hasPart": _parts(story),
    }


def _url(story: Story, url: str) -> str:
    return story.site.uri(url)


def _thing(tag: Json, kind: str) -> Json:
    return {"@type": kind, "name": tag["label"], "sameAs": tag["same_as"]}


def _informant(story: Story, slug: str) -> Json | None:
    """A source that the reader sees, as a person or organisation."""
    source = story.included.get("sources", {}).get(slug)
    if source is None:
        return None
    name = in_language(source["names"], story.language)
    same_as = [_url(story, url) for url in source["urls"]]
    return {"@type": _INFORMANTS.get(source["type"], "Organization"), "name": name, "sameAs": same_as}


def _people(story: Story, role: str) -> list[Json]:
    """The sources with this role that the reader sees."""
    slugs = dict.fromkeys(given["source"] for given in story.document["attributions"] if given["role"] == role)
    return [informant for slug in slugs if (informant := _informant(story, slug))]


def _authors(story: Story) -> list[Json]:
    """Those with the role of author; else who stands in the byline; else the publisher."""
    authors = _people(story, "author")
    if not authors and story.document["byline"]:
        authors = [{"@type": "Person", "name": story.document["byline"]}]
    return authors or [_publisher(story)]


def _picture(story: Story, image: Json) -> Json:
    photographer = image["photographer"]
    return {
        "@type": "ImageObject",
        "url": _url(story, image["url"]),
        "contentUrl": _url(story, image["url"]),
        "description": image["alt_text"],
        "caption": image["caption"],
        "width": _pixels(image["width"]),
        "height": _pixels(image["height"]),
        "creditText": story.credit(image),
        "digitalSourceType": digital_source_uri(image["ai"]),
        "copyrightNotice": image["copyright_notice"],
        "creator": photographer and {"@type": "Person", "name": photographer},
        "encoding": [_rendition(rendition) for rendition in story.site.resizer.renditions(image)],
    }


def _rendition(rendition: ImageRendition) -> Json:
    return {
        "@type": "ImageObject",
        "contentUrl": rendition.url,
        "encodingFormat": rendition.media_type,
        "width": _pixels(rendition.width),
        "height": _pixels(rendition.height),
    }


def _pixels(number: int | None) -> Json | None:
    return None if number is None else {"@type": "QuantitativeValue", "value": number, "unitText": "px"}


def _video(story: Story, image: Json) -> Json:
    return {
        "@type": "VideoObject",
        "url": _url(story, image["url"]),
        "description": image["caption"],
        "digitalSourceType": digital_source_uri(image["ai"]),
    }


def _related(story: Story) -> list[Json]:
    """The relations of the story, and those in its body."""
    blocks = (block for block in story.document["body"] if block["type"] == "related")
    links = [*story.links, *(link for block in blocks if (link := story.link(block)))]
    return [{"@type": "CreativeWork", "name": link.text, "url": link.url and _url(story, link.url)} for link in links]


def _citations(story: Story) -> list[Json]:
    """What was used of whom: reports, documents, data, words."""
    citations = []
    for given in story.document["attributions"]:
        informant = _informant(story, given["source"])
        if given["role"] in _CITED and informant is not None:
            url = given["url"] and _url(story, given["url"])
            work = {"@type": "CreativeWork", "url": url, "text": given["text"], "provider": informant}
            citations += [work] if work not in citations else []
    return citations


def _parts(story: Story) -> list[Json]:
    """Quotes and notes in the body, by the ids that their blocks have in the HTML."""
    parts: list[Json] = []
    for block in story.document["body"]:
        if block["type"] == "quote":
            parts.append(_quotation(story, block))
        elif block["type"] == "reference_note" and (note := story.note(block)) is not None:
            box = _note(note)
            parts.append({name: box[name] for name in _OF_BOX})
    return parts


_OF_BOX: Final = ("@type", "url", "headline", "articleBody", "inLanguage", "temporalCoverage")


def _quotation(story: Story, quote: Json) -> Json:
    creator = _informant(story, quote["source"] or "")
    if creator is None and quote["attribution"]:
        creator = {"@type": "Person", "name": quote["attribution"]}
    return {
        "@type": "Quotation",
        "@id": f"{story.address}#block-{quote['id']}",
        "text": text.TextWriter(story).html(quote["html"]),
        "creator": creator,
        "inLanguage": quote["language"] or story.language,
    }


def _translations(story: Story) -> Json:
    """Of an original its translations; of a translation its original, and the others through that."""
    document = story.document
    versions = [
        {
            "@type": "NewsArticle",
            "@id": address,
            "url": address,
            "identifier": f"urn:uuid:{version['id']}",
            "headline": version["headline"],
            "inLanguage": language,
        }
        for language, version in story.included.get("translations", {}).get(document["id"], {}).items()
        # Versions of a story are taken to be in the same section, which only a template shows.
        for address in [story.site.article_address({**document, **version, "language": language})]
    ]
    if document["translation_of"] is None:
        return {"workTranslation": versions}
    original = f"urn:uuid:{document['translation_of']}"
    others = [version for version in versions if version["identifier"] != original]
    works = [{**version, "workTranslation": others} for version in versions if version["identifier"] == original]
    return {"translationOfWork": works}
