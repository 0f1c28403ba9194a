"""Lines to import, each complete and valid; a test gives the fields it is about. All texts are invented."""

from hashlib import blake2b
from typing import Any

Line = dict[str, Any]
NOON = "2025-01-22T12:35:00.000Z"


def article_id(slug: str) -> str:
    """The id that `article` gives to this slug: the same in every run."""
    digest = blake2b(slug.encode(), digest_size=16).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-7{digest[13:16]}-8{digest[17:20]}-{digest[20:]}"


def words(text: str, **fields: Any) -> Line:
    """A block: one paragraph."""
    return {"type": "paragraph", "html": text, **fields}


def box(note: str, revision: int | None = None) -> Line:
    """A block: a reference note, pinned where a revision is given."""
    return {"type": "reference_note", "note": note, "revision": revision}


def said(source: str, text: str = "We measured it twice.") -> Line:
    """A block: a quote."""
    return {"type": "quote", "html": text, "source": source}


def credit(source: str, role: str = "reported_by", **fields: Any) -> Line:
    """An attribution."""
    return {"source": source, "role": role, **fields}


def tag(slug: str, **fields: Any) -> Line:
    return {"noun": "tag", "slug": slug, "type": "topic", "labels": {"en": slug.capitalize()}, **fields}


def section(slug: str, **fields: Any) -> Line:
    return tag(slug, **{"type": "section", **fields})


def source(slug: str, **fields: Any) -> Line:
    return {"noun": "source", "slug": slug, "type": "organisation", "names": {"en": slug.capitalize()}, **fields}


def note(slug: str, **fields: Any) -> Line:
    released = {"status": "published", "published_at": NOON} if "status" not in fields else {}
    text = {"language": "en", "heading": f"For reference: {slug}", "body": [words("The mill has ground since 1811.")]}
    return {"noun": "note", "slug": slug, **text, **released, **fields}


def article(slug: str, published_at: str = NOON, **fields: Any) -> Line:
    """A published article; `status="draft"` and its like take the dates away."""
    released = {"status": "published", "published_at": published_at} if "status" not in fields else {}
    text = {"language": "en", "headline": slug.replace("-", " "), "body": [words("The river rose in the night.")]}
    return {"noun": "article", "id": article_id(slug), "slug": slug, **text, **released, **fields}


def draft(slug: str, **fields: Any) -> Line:
    return article(slug, **{"status": "draft", **fields})


def scheduled(slug: str, publish_at: str = "2099-01-01T06:00:00.000Z", **fields: Any) -> Line:
    return article(slug, status="scheduled", publish_at=publish_at, **fields)


def withdrawn(slug: str, reason: str = "privacy", *, published_at: str = NOON, **fields: Any) -> Line:
    """What was public and has been taken down."""
    withdrawal = {"reason": reason, "at": "2025-03-01T09:00:00.000Z"}
    withdrawal |= {name: fields.pop(name) for name in ("public_note", "replacement") if name in fields}
    return article(slug, status="withdrawn", **{"withdrawal": withdrawal, "first_published_at": published_at, **fields})


def collection(slug: str, **fields: Any) -> Line:
    released = {"status": "published", "published_at": NOON} if "status" not in fields else {}
    return {"noun": "collection", "slug": slug, "labels": {"en": slug.capitalize()}, **released, **fields}
