"""RSS 0.9x to 2.0 and Atom as entries, by feedparser. Needs no database.

What comes in is first made XML that every parser reads alike: in UTF-8, without a document type and its entities, with
what is no XML mended. Feedparser is left to do what it is good at: the many elements and forms of dates of feeds.
"""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from html.entities import html5
from pathlib import Path
from typing import Any, Final

from lxml import etree

from app.content.conversion import tree
from app.content.conversion.embeds import valid
from app.importers.feeds.entries import MOST_BYTES, MOST_ENTRIES, Entry, Feed, Picture, add_date, host_of, language_tag
from app.importers.feeds.json_feed import read_json_feed
from app.importers.xml_text import DECLARATION, UNPRINTABLE, DamagedExport, damages_of, encoding_of, local_name

_ROOTS: Final = frozenset({"rss", "RDF", "feed"})
_ENTRIES: Final = frozenset({"item", "entry"})
# What stands before the first element, to the end of the document type with its declarations; possessive, so that it is
# read once.
_DOCUMENT_TYPE: Final = re.compile(
    r"(?>\s+|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE[^>\[]*+(?:\[[^\]]*+\]\s*+)?>", re.IGNORECASE | re.DOTALL
)
# A CDATA section, which stays as it is, or an ampersand that begins nothing that XML knows; group 1 is the name of a
# character in HTML, if there is one.
_AMPERSAND: Final = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-fA-F]{1,6});)([A-Za-z][A-Za-z\d]{1,31};)?",
    re.DOTALL,
)
_ROOT_END: Final = re.compile(r"(?:</(?:\w+:)?(?:rss|RDF|feed)\s*>|/>)\s*(?:<!--.*)?\Z", re.DOTALL)
_ENTRY_TAG: Final = re.compile(r"<(/?)(?:\w+:)?(?:item|entry)[\s/>]")
_TAG: Final = re.compile(r"<[A-Za-z][^<>]*+")
# The parser compares each attribute of an element with all before it.
MOST_ATTRIBUTES: Final = 500
_MEDIA: Final = "{http://search.yahoo.com/mrss/}"
# Elements of a picture, and the attribute of its `media:content` that takes their text. Feedparser takes them for the
# title and the summary of the entry.
_OF_PICTURE: Final = {"title": "dovidka-alt", "description": "dovidka-caption", "credit": "dovidka-credit"}
# What a date ends in where it has a zone. Source: RFC 5322, 3.3 and 4.3; RFC 3339, 5.6.
_ZONE: Final = re.compile(r"(?:Z|[+-]\d\d:?\d\d|\b(?:UTC?|GMT|[ECMP][SD]T))\s*(?:\([^)]*\))?$", re.IGNORECASE)
_PERSON: Final = re.compile(r"[^\s@()]+@[^\s@()]+\s*(?:\((?P<name>[^()]*)\))?")


def read_file(path: Path) -> Feed:
    """The feed of a file: RSS, Atom or JSON Feed. Cost: memory for the whole feed. Raises: OSError, DamagedExport."""
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise DamagedExport(f"is larger than {MOST_BYTES // 1_000_000} MB")
    return read_json_feed(data) if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" else read_xml(data)


def read_xml(data: bytes) -> Feed:
    """The feed in these bytes. Raises: DamagedExport, for what is no feed."""
    xml, damages = _mended(data)
    # The import is made where it is needed: most who import have no feeds.
    import feedparser

    try:
        # A stream: it would take bytes for the name of a file.
        parsed = feedparser.parse(io.BytesIO(xml), sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:  # it lets out whatever its parts raise
        raise DamagedExport(f"cannot be read as a feed ({type(error).__name__})") from error
    if not parsed.version:
        raise DamagedExport("is no feed: none of its formats is known")
    host = next(filter(None, (host_of(url) for url in _addresses(parsed.feed))), "")
    is_atom = parsed.version.startswith("atom")
    authors = _authors(parsed.feed) if is_atom else []
    entries = [_entry(entry, number, is_atom=is_atom) for number, entry in enumerate(parsed.entries, 1)]
    for entry in entries:
        entry.authors = entry.authors or authors  # RFC 4287, 4.2.1
        entry.language = entry.language or language_tag(dict.get(parsed.feed, "language"))
    return Feed(host, entries, damages)


# --- the bytes ---------------------------------------------------------------------------------------------------


def _mended(data: bytes) -> tuple[bytes, list[str]]:
    """The feed as XML in UTF-8, and what was wrong with it. Raises: DamagedExport."""
    encoding = encoding_of(data)
    text = data.decode(encoding, errors="replace").removeprefix("\ufeff")
    wrong_bytes = text.count("\ufffd")
    text, removed = UNPRINTABLE.subn("", text)
    declaration = _DOCUMENT_TYPE.match(text) or DECLARATION.match(text)
    text = text[declaration.end() if declaration is not None else 0 :].strip()
    text = _AMPERSAND.sub(_ampersand, text)
    damages = damages_of(encoding, wrong_bytes, removed)
    if len(_ENTRY_TAG.findall(text)) > 2 * MOST_ENTRIES:
        raise DamagedExport(f"holds more than {MOST_ENTRIES} entries")
    if any(tag.count("=") > MOST_ATTRIBUTES for tag in _TAG.findall(text)):
        raise DamagedExport(f"holds an element with more than {MOST_ATTRIBUTES} attributes")
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError:
        root = None
    # The stubs do not know that a document beyond repair has no root.
    if root is None or local_name(root) not in _ROOTS:
        raise DamagedExport("is no feed: its first element is none of rss, RDF and feed")
    if not _ROOT_END.search(text[-100:]):
        damages.append(f"breaks off before its end{_without_half_entry(root, text)}")
    elif parser.error_log:
        first = parser.error_log[0]
        damages.append(f"holds what is not XML, at line {first.line}: {first.message}")
    _move_texts_of_pictures(root)
    return etree.tostring(root, encoding="utf-8"), damages


def _without_half_entry(root: etree._Element, text: str) -> str:
    """Removes the last entry where it is not whole, and says so."""
    slashes = _ENTRY_TAG.findall(text)
    if not slashes or slashes[-1]:
        return ""
    last = [element for element in root.iter() if local_name(element) in _ENTRIES][-1:]
    for element in last:
        parent = element.getparent()
        assert parent is not None, "the root is none of them"
        parent.remove(element)
    return "; its last entry is not whole, and left out"


def _ampersand(match: re.Match[str]) -> str:
    """The character that is meant, or what stands there as a text. The parser would lose what follows."""
    if match[0].startswith("<"):
        return match[0]
    return escape(html5.get(match[1] or "", match[0]))


def _move_texts_of_pictures(root: etree._Element) -> None:
    """Makes attributes of the texts of pictures; those of an entry as a whole hold for its first picture."""
    pictures: dict[etree._Element, etree._Element | None] = {}
    for name, attribute in _OF_PICTURE.items():
        for element in list(root.iter(f"{_MEDIA}{name}")):
            parent = element.getparent()
            assert parent is not None, "the root is none of them"
            if parent not in pictures:
                is_picture = parent.tag == f"{_MEDIA}content"
                pictures[parent] = parent if is_picture else parent.find(f".//{_MEDIA}content")
            picture = pictures[parent]
            if picture is not None and picture.get(attribute) is None:
                picture.set(attribute, tree.plain(element))
            # To remove it would remove the text behind it too.
            element.tag = f"{_MEDIA}moved"


# --- what feedparser found ---------------------------------------------------------------------------------------


def _addresses(feed: Any) -> Iterator[str]:
    """The addresses by which the site of the feed is known: that of its page, then its own."""
    links = [(link.get("rel"), link.get("href", "")) for link in dict.get(feed, "links") or ()]
    yield from (href for rel, href in links if rel == "alternate")
    yield from (href for rel, href in links if rel == "self")
    yield dict.get(feed, "id") or ""


def _entry(found: Any, number: int, *, is_atom: bool) -> Entry:
    """`found` is read with `dict.get` throughout: its own look-up answers for names that it has not."""
    id = _text(found, "id")
    links = [link for link in dict.get(found, "links") or () if link.get("href")]
    pages = [link["href"] for link in links if link.get("rel") == "alternate"]
    url = next(iter(pages), "") or (id if id.startswith(("http://", "https://")) else "")
    content: Any = max(
        (each for each in dict.get(found, "content") or ()), key=lambda each: len(each["value"]), default={}
    )
    summary, shown = _html(found, "summary", is_atom=is_atom), _html_of(content)
    entry = Entry(
        number, id=id or url, url=url, title=_html(found, "title", is_atom=is_atom), content=shown,
        summary="" if summary == shown else summary, base=content.get("base") or url,
        language=language_tag(content.get("language") or (dict.get(found, "title_detail") or {}).get("language")),
        authors=_authors(found),
        tags=[name for tag in dict.get(found, "tags") or () if (name := (tag.get("label") or tag.get("term") or ""))],
        pictures=[*_pictures(found)],
    )  # fmt: skip
    for name, member in (("published_at", "published"), ("modified_at", "updated")):
        if text := _text(found, member):
            add_date(entry, name, text, _instant(text, dict.get(found, f"{member}_parsed")))
    for link in links:
        if link.get("rel") == "enclosure":
            _add_enclosure(entry, link)
    if content.get("src"):
        entry.notes.append(f"its text stands elsewhere, at {content['src'][:200]}")
    return entry


def _text(found: Any, name: str) -> str:
    value = dict.get(found, name)
    return value.strip() if isinstance(value, str) else ""


def _html(found: Any, name: str, *, is_atom: bool) -> str:
    """A text of the entry as HTML. Atom says which texts are plain; RSS does not, and all of them may be HTML."""
    text = _text(found, name)
    detail = dict.get(found, f"{name}_detail") or {}
    return escape(text) if is_atom and detail.get("type") == "text/plain" else text


def _html_of(content: Any) -> str:
    value = content.get("value", "").strip()
    if content.get("type") != "text/plain":
        return str(value)
    return "".join(f"<p>{escape(part)}</p>" for part in value.split("\n\n") if part.strip())


def _authors(found: Any) -> list[str]:
    """The names of the authors; addresses of mail are none."""
    names = []
    for author in dict.get(found, "authors") or ():
        name = (author.get("name") or "").strip()
        if (match := _PERSON.fullmatch(name)) is not None:
            name = (match["name"] or "").strip()
        names.append(" ".join(name.split()))
    return list(dict.fromkeys(filter(None, names)))


def _pictures(found: Any) -> Iterator[Picture]:
    """Pictures of Media RSS, the largest first, then those that stand for the entry."""
    of_media = [each for each in dict.get(found, "media_content") or () if each.get("url")]
    pictures = [each for each in of_media if _is_picture(each.get("type") or each.get("medium"), each["url"])]
    for each in sorted(pictures, key=lambda each: -_pixels(each.get("width", ""))):
        alt_text, caption, credit = (each.get(name, "") for name in _OF_PICTURE.values())
        yield Picture(each["url"], alt_text, caption, credit, each.get("width", ""), each.get("height", ""))
    for each in dict.get(found, "media_thumbnail") or ():
        if each.get("url"):
            yield Picture(each["url"], width=each.get("width", ""), height=each.get("height", ""))
    if href := (dict.get(found, "image") or {}).get("href"):
        yield Picture(href)


def _is_picture(type: str | None, url: str) -> bool:
    ending = url.partition("?")[0].lower()
    return type.startswith("image") if type else ending.endswith((".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif"))


def _add_enclosure(entry: Entry, link: Any) -> None:
    url, type = link["href"], link.get("type") or ""
    if _is_picture(type, url) and valid(url) is not None:
        # A thumbnail is smaller than what the entry encloses, and the pictures of Media RSS are described.
        entry.pictures.insert(sum(1 for picture in entry.pictures if picture.caption or picture.width), Picture(url))
    else:
        entry.notes.append(f"the enclosure {url[:200]} ({type[:40] or 'of no type'}) is left out")


def _pixels(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def _instant(text: str, parsed: Any) -> datetime | None:
    """The instant that feedparser read, in UTC; naive where the text has no zone. None for what is none."""
    has_zone = _ZONE.search(text.strip()) is not None
    try:
        if parsed is not None:
            return datetime(*parsed[:6]).replace(tzinfo=UTC if has_zone else None)  # noqa: DTZ001
        # A date as in mails, whose zone is left out, is none to feedparser.
        return datetime.strptime(text.partition(",")[2].strip() or text, "%d %b %Y %H:%M:%S")  # noqa: DTZ007
    except ValueError:
        return None
