"""Texts about the API: description, groups of operations, addresses worth opening."""

from typing import Final

TITLE: Final = "Dovidka"
SUMMARY: Final = "News as structured content: articles, sources and reference notes as versioned, linked objects."
LANDING: Final = "News as structured content: a JSON API over articles, sources and reference notes. Worth opening:"
DESCRIPTION: Final = """\
Stories as JSON: typed blocks instead of a blob of HTML, quotes that know their speaker, sources and reference notes
that many stories share, and the history of each.

- **Reading needs no key.** Where one is needed, send it as `Authorization: Bearer …`; operations say which scope.
- **Views.** Everyone sees what is published now. `perspective=drafts` is the desk's view. `perspective=` an instant is
  what was, or will be, public then: the past of single articles and notes, the future of the list of articles too.
- **Writing.** Stories and notes start as drafts; `publish` makes them public, now or at an instant to come. A change
  carries `If-Match` with the `ETag` you have seen (428 without, 412 where somebody was faster); a `POST` may carry an
  `Idempotency-Key` where the operation says so. The answer is the object as it is now, sent after the commit;
  `warnings` says what was removed.
- **Pages of other origins** may use every method (CORS), unless the server is set up for fewer; every `GET` also
  answers `HEAD`.
- **Slugs and ids.** Articles have an id and a slug; all else has its slug alone.
- **References, not copies.** A document names other objects by slug; `include=tags,sources` puts those beside it, in
  `included`, each once. `fields=headline,published_at` returns only these fields (and id and slug).
- **Every field is always there** with the same type: an empty list is `[]`, an absent value is `null`. New fields may
  be added; ignore those you do not know.
- **Pages** are followed by `next`, or the `Link` header. A cursor works with the filters and sort it was made with.
- **Nothing is ignored.** An unknown, repeated or impossible parameter is 422 and is named, with the valid ones.
- **Time** is RFC 3339 in UTC with milliseconds. Bare dates in parameters are days in the site's zone, or in `tz`.
- **Caching.** Send the `ETag` back in `If-None-Match`, and the answer is 304 while nothing changed.
- **Clients** of this very version, typed, each one file: [/client.ts](/client.ts), [/client.py](/client.py).
- **Errors** are `application/problem+json` (RFC 9457); test for `code`. `X-Request-ID` names the request in our log.

The examples are answers of the sample newsroom that a new server starts with."""
TAGS: Final = {
    "articles": "Stories, as a list with filters, one by one, and as they were.",
    "collections": "Fronts and lists of picks that an editor orders, and that a list of stories fills.",
    "notes": "Reference notes: boxes of dated background facts that stories share.",
    "sources": "Who gave information, text or pictures.",
    "tags": "Typed labels in several languages: topics, sections, people, organisations, places, events, series.",
    "search": "All of it by words, and what somebody may be about to type.",
    "renditions": "Stories and notes in other formats: HTML, text, Markdown, JSON-LD, ninjs.",
    "changes": "The log: what changed, to keep a copy or to drop what is outdated.",
    "renditions at the desk": "Working copies in other formats.",
    "articles at the desk": "Write, publish, correct and take down stories.",
    "collections at the desk": "Order, publish and take down collections.",
    "notes at the desk": "Write, publish and take down reference notes.",
    "sources at the desk": "Write who gave information.",
    "tags at the desk": "Write labels.",
    "import": "Many documents at once.",
    "keys": "API keys: who may do what, and until when.",
    "webhooks": "Who is told of changes by signed requests, and how that goes.",
    "operations": "Whether the server is well.",
}
TAG_GROUPS: Final = {
    "Reading": ["articles", "collections", "notes", "sources", "tags", "search", "renditions", "changes"],
    "The desk": [
        "renditions at the desk",
        "articles at the desk",
        "collections at the desk",
        "notes at the desk",
        "sources at the desk",
        "tags at the desk",
        "import",
    ],
    "The server": ["keys", "webhooks", "operations"],
}
# Addresses of the sample newsroom, with what they show.
EXAMPLES: Final = (
    ("/v1/articles", "the newest stories"),
    ("/v1/articles?tag=trams&include=tags,sources", "one topic, with its tags and sources"),
    ("/v1/notes/zghariv-trams", "a reference note that several stories share"),
    ("/v1/archive?by=month", "how many stories each month has"),
    ("/v1/sources?type=person", "the people who were heard"),
)
