"""The bytes of a web page as text: HTML, MHTML, or either packed with gzip, in the charset that page or bytes tell."""

import codecs
import re
import zlib
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from typing import Final

from app.errors import Fault, Invalid

# Of a page, packed or not. Most pages have less than 1 MB.
MOST_BYTES: Final = 10_000_000
GZIP: Final = b"\x1f\x8b"
# Where a page tells its charset. Source: HTML Standard, 13.2.3.2; it asks for the first 1,024 bytes, pages need more.
_HEAD_BYTES: Final = 16 * 1024
# A page with all that belongs to it, as browsers save it. Source: RFC 2557.
_MHTML: Final = re.compile(
    rb"(?:[A-Za-z-]+:[^\n]*\n(?:[ \t][^\n]*\n)*){0,30}?content-type:\s*multipart/related", re.IGNORECASE
)
_CHARSET: Final = re.compile(
    rb"<(?:meta|\?xml)\s[^>]{0,300}?(?:charset|encoding)\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE
)
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Names under which pages of Windows go. Source: Encoding Standard, 4.2.
_SAME: Final = {
    **dict.fromkeys(("iso-8859-1", "latin1", "latin-1", "ascii", "us-ascii"), "windows-1252"),
    "iso-8859-9": "windows-1254", "gb2312": "gb18030", "gbk": "gb18030", "ks_c_5601-1987": "cp949",
    "x-sjis": "cp932", "shift_jis": "cp932",
}  # fmt: skip
_STATEFUL: Final = ("iso-2022", "utf-7", "hz-gb")
# Of so many characters that have no place in the charset, one may be a slip.
_SLIP: Final = 2_000


@dataclass(frozen=True, slots=True)
class SavedPage:
    """The text of a page; the address that its file tells, if it does; and what was odd about the bytes."""

    text: str
    url: str | None
    notes: tuple[str, ...] = ()


def refusal(detail: str) -> Invalid:
    """The refusal of a page, whose reason continues "The page …"."""
    return Invalid(f"The page {detail}.", Fault(detail, pointer=""))


def unpack(data: bytes) -> bytes:
    """The bytes without gzip around them. Raises: Invalid, for more than MOST_BYTES and for what is damaged."""
    if data.startswith(GZIP):
        unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            data = unpacker.decompress(data, MOST_BYTES + 1)
        except zlib.error as error:
            raise refusal(f"is a damaged gzip file: {error}") from None
        if len(data) <= MOST_BYTES and not unpacker.eof:
            raise refusal("is a gzip file that breaks off")
    if len(data) > MOST_BYTES:
        raise refusal(f"is larger than {MOST_BYTES // 1_000_000} MB")
    return data


def read(data: bytes, charset: str | None = None) -> SavedPage:
    """The page that a file, or an answer, holds. `charset` is what the answer's header says.

    Cost: linear. Raises: Invalid.
    """
    data = unpack(data)
    url = None
    if _MHTML.match(data[:_HEAD_BYTES].lstrip()):
        data, charset, url = _page_of(data)
    if b"\0" in data[:1024] and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise refusal("is no text")
    text, notes = _decoded(data, charset)
    if not text.strip():
        raise refusal("is empty")
    if _breaks_off(text):
        raise refusal("breaks off: elements are open at its end, and no </body> or </html> stands there")
    return SavedPage(text, url, notes)


def _page_of(data: bytes) -> tuple[bytes, str | None, str | None]:
    """(bytes, charset, address) of the page itself. Raises: Invalid."""
    try:
        message = message_from_bytes(data)
        part = next((part for part in message.walk() if part.get_content_type() in _PAGES), None)
    except (MessageError, RecursionError, ValueError, LookupError) as error:
        raise refusal(f"is a damaged MHTML file: {type(error).__name__}") from None
    if part is None:
        raise refusal("is an MHTML file without a page in it")
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        raise refusal("is an MHTML file without a page in it")
    return payload, part.get_content_charset(), _location(message, part)


_PAGES: Final = ("text/html", "application/xhtml+xml")


def _location(message: Message, part: Message) -> str | None:
    for found in (part.get("Content-Location"), message.get("Snapshot-Content-Location")):
        if found is not None and str(found).startswith(("http://", "https://")):
            return "".join(str(found).split())
    return None


def _decoded(data: bytes, charset: str | None) -> tuple[str, tuple[str, ...]]:
    """The text, and what is to be told of its charset. Raises: Invalid."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data.decode(name, errors="replace"), ()
    named = _CHARSET.search(data[:_HEAD_BYTES])
    told = (charset or (named[1].decode("ascii") if named else "")).lower()
    name = _SAME.get(told, told)
    if not name.startswith(_STATEFUL) and (text := _utf8(data)) is not None:
        return text, ()
    for candidate in filter(None, (name, "utf-8")):
        try:
            text = data.decode(candidate, errors="replace")
        except LookupError:  # no charset of this name
            continue
        if text.count("\ufffd") * _SLIP <= len(text):
            return text, ()
    # The import is made where it is needed: only pages whose charset is told wrongly get here.
    from charset_normalizer import from_bytes

    best = from_bytes(data[:200_000]).best()
    if best is None:
        raise refusal(f"is in no charset that its bytes tell; it says {told or 'none'}")
    return data.decode(best.encoding, errors="replace"), (
        f"is read as {best.encoding}; it says {told or 'no charset'}",
    )


def _utf8(data: bytes) -> str | None:
    """The text where all of it is UTF-8; a last character may be cut."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return None


def _breaks_off(text: str) -> bool:
    """Whether a page ends in its middle. Ends of html, body and p may be left out, but that of div never."""
    end = text[-5_000:].lower()
    if "</body" in end or "</html" in end:
        return False
    lowered = text.lower()
    opened = sum(
        lowered.count(f"<{name}") - lowered.count(f"</{name}") for name in ("div", "article", "main", "script")
    )
    return opened > 0
