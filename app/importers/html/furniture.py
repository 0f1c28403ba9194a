"""What stands around and within stories of web pages and is no part of them: by its element, its class, its words."""

import re
from typing import Final

from lxml import etree

from app.content.conversion.tree import plain, tag_of

# Kinds by what classes, ids and roles say; the first that fits names it.
_KINDS: Final = {
    "comments": r"comments?(?:-|_|$)|disqus|livefyre|respond\b|kommentar(?:e|er)?\b|coral",
    "paywall hints": (
        r"paywall|piano|subscribe-wall|regwall|premium-(?:box|hint|teaser)|offer|abo-?(?:box|teaser|hint)|tp-modal"
    ),
    "newsletter boxes": r"newsletter|sign-?up|subscri(?:be|ption)|mailing|mailchimp|opt-?in",
    "share buttons": (
        r"share|sharing|social(?!ist)|follow-?us|addtoany|sharedaddy|bookmark|print-?(?:button|link)|tool-?(?:bar|s)\b"
    ),
    "advertisements": (
        r"\bads?\b|(?:^|[-_ ])ad[-_]|advert|anzeige|banner|sponsor|promo|outbrain|taboola|dfp|google-auto|werbung"
        r"|reklam|affiliate"
    ),
    "related links": (
        r"related|recommend|more-?(?:on|from|stories|news|articles|links)|read-?(?:more|also|next|on)|also-?read"
        r"|most-?(?:read|popular)|trending|popular|teaser(?!-?text)|see-?also|up-?next|latest|similar|mehr-?zum"
        r"|weiterlesen|lesen-?sie|zum-?thema|inline-?link|post-?nav|more_|onward"
    ),
    "tags": r"(?:^|[-_ ])tags?(?:[-_ ]|$)|tag-?(?:list|cloud|links)|topics?(?:[-_ ]|$)|keywords|categor|schlagw",
    "navigation": (
        r"breadcrumb|navigation|(?:^|[-_ ])nav(?:[-_ ]|$)|menu|pagination|pager|skip-|table-of-contents"
        r"|(?:^|[-_ ])toc(?:[-_ ]|$)|footer"
    ),
    "bylines and dates": (
        r"byline|author|dateline|published|pub-?date|timestamp|post-?meta|entry-?meta|article-?meta"
        r"|meta-?(?:data|info)|reading-?time|credits\b"
    ),
    "players and tools": (
        r"player(?:-|_|$)|audio|listen|text-?to-?speech|font-?size|cookie|consent|modal|popup|overlay|tooltip"
        r"|google-?preferred|poll|quiz|feedback|donat"
    ),
}
# Kinds that hold no text of a story even where they look like it. Paywall hints are not among them: their classes stand
# on the paragraphs behind the wall too.
NEVER_TEXT: Final = frozenset({"comments", "newsletter boxes", "share buttons"})
KINDS: Final = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _KINDS.items())
_ELEMENTS: Final = {
    "nav": "navigation", "form": "forms", "button": "share buttons", "input": "forms", "select": "forms",
    "dialog": "players and tools", "menu": "navigation", "svg": "drawings", "canvas": "drawings", "textarea": "forms",
}  # fmt: skip
_READ_ALSO: Final = re.compile(
    r"(?:read (?:also|more|next)|see also|also read|more:|related:|watch:|don't miss|recommended|читайте також"
    r"|читайте ещё|читайте также|дивіться також|смотрите также|до теми|по теме|lesen sie|mehr zum thema|siehe auch"
    r"|à lire|lire aussi|leia (?:também|mais)|lea también|lee también|te puede interesar|leggi anche"
    r"|czytaj (?:też|także|więcej|również)|zobacz (?:też|także|również)|przeczytaj|lees ook|les også"
    r"|läs (?:också|mer)|læs også|lue myös|čtěte)\b",
    re.IGNORECASE,
)
_SIGN_UP: Final = re.compile(
    r"sign up (?:for|to)|subscribe to|newsletter|підписуйтесь|підпишіться|подписывайтесь|abonnieren sie|zapisz się",
    re.IGNORECASE,
)
_NOTICE: Final = re.compile(
    r"^(?:advertisement|advertising|реклама|anzeige|werbung|reklama|publicidad|publicité|all rights reserved"
    r"|©.{0,60}|loading.{0,5})\W*$",
    re.IGNORECASE,
)
_BYLINE: Final = re.compile(r"^(?:author|by|автор|автори|autor|text|von)\s?:.{0,60}$", re.IGNORECASE)


def kind_of(element: etree._Element) -> str | None:
    """What kind of furniture an element is by its name and classes; None where nothing says so."""
    name = tag_of(element)
    if name in _ELEMENTS:
        return _ELEMENTS[name]
    if name in {"body", "html", "main", "article"}:
        return None
    if (element.get("role") or "") in {"navigation", "search", "complementary", "dialog"}:
        return "navigation" if name != "aside" else None
    marks = f"{element.get('class') or ''} {element.get('id') or ''} {element.get('data-component') or ''}"
    if not marks.strip():
        return None
    return next((kind for kind, pattern in KINDS if pattern.search(marks)), None)


def is_hidden(element: etree._Element) -> bool:
    """Whether readers do not see an element at first."""
    style = (element.get("style") or "").replace(" ", "").lower()
    return element.get("hidden") is not None or "display:none" in style or "visibility:hidden" in style


def kind_of_text(element: etree._Element) -> str | None:
    """What kind of furniture a paragraph, list or heading is by its words and links; None for text of a story."""
    text = plain(element)
    if _NOTICE.match(text):
        return "advertisements"
    if _BYLINE.match(text):
        return "bylines and dates"
    share = link_share(element)
    if _READ_ALSO.match(text) and (share > 0.3 or len(text) < 60):
        return "related links"
    if len(text) < 200 and _SIGN_UP.search(text) and (share > 0.3 or _SIGN_UP.match(text)):
        return "newsletter boxes"
    return None


def link_share(element: etree._Element) -> float:
    """The share of an element's text that stands in links."""
    whole = len(plain(element))
    own = [element] if tag_of(element) == "a" else element.iterdescendants("a")
    return sum(len(plain(link)) for link in own) / whole if whole else 0.0
