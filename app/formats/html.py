"""HTML: an `article` element of semantic HTML without scripts and styles, as a browser's sanitiser would leave it.

Ids of blocks begin with `block-`, so that none takes the name of a property of the document. Links inside a text are as
the newsroom wrote them; all other addresses are absolute.
"""

from html import escape
from typing import Final

from app.formats.story import Json, Link, Story, direction, lines, period

# How wide pictures are shown: as wide as the text, which is that of the stylesheet to copy and of the reader's pages.
SIZES: Final = "(min-width: 42rem) 42rem, 100vw"


def render(story: Story) -> bytes:
    """The whole story, or note, with its title, dates, body and sources."""
    kind = "story" if story.noun == "article" else "note"
    parts = [_head(story), *_lead(story), *_blocks(story, "block-"), *_facts(story), *_foot(story)]
    return "\n".join([f'<article class="{kind}"{_language(story.language)}>', *parts, "</article>\n"]).encode()


def body(story: Story) -> str:
    """The blocks alone; of a note its facts too."""
    return "\n".join([*_blocks(story, "block-"), *_facts(story)])


def content(story: Story) -> str:
    """What stands below the title, where that is shown apart: warnings, standfirst, lead picture, blocks and so on."""
    standfirst = _element("p", "standfirst", _text(story.document.get("standfirst") or ""))
    opening = [*_warnings(story), *standfirst, *_disclosure(story)]
    return "\n".join([*opening, *_lead(story), *_blocks(story, "block-"), *_facts(story), *_foot(story)])


def paragraphs(plain: str) -> str:
    """Plain text as paragraphs, one for each of its lines."""
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in lines(plain))


def _language(language: str) -> str:
    return f' lang="{language}" dir="{direction(language)}"'


def _time(story: Story, instant: str) -> str:
    return f'<time datetime="{instant}">{story.site.local_time(instant)}</time>'


def _text(text: str) -> str:
    """Plain text, with its line breaks."""
    return "<br>".join(escape(line, quote=False) for line in lines(text))


def _element(name: str, css_class: str, content: str | None) -> list[str]:
    """The element; none without content."""
    return [f'<{name} class="{css_class}">{content}</{name}>'] if content else []


def _link(link: Link) -> str:
    text = _text(link.text)
    return text if link.url is None else f'<a href="{escape(link.url)}">{text}</a>'


def _head(story: Story) -> str:
    document, words = story.document, story.words
    dates = [f"{words[word]} {_time(story, at)}" for word, at in story.dates]
    parts = [
        *_warnings(story),
        *_element("p", "kicker", _text(document.get("kicker") or "")),
        f"<h1>{_text(story.title)}</h1>",
        *_element("p", "standfirst", _text(document.get("standfirst") or "")),
        *_element("p", "byline", _text(document.get("byline") or "")),
        *_element("p", "dateline", _text(document.get("dateline") or "")),
        *_element("p", "dates", " · ".join(dates)),
        *_disclosure(story),
    ]
    return "\n".join(["<header>", *parts, "</header>"])


def _warnings(story: Story) -> list[str]:
    return _element("p", "warnings", " · ".join(story.warnings))


def _disclosure(story: Story) -> list[str]:
    """The part that AI had in the text."""
    return _element("p", "ai", _text(story.disclosure(story.document["ai"]) or ""))


def _lead(story: Story) -> list[str]:
    image = story.document.get("image")
    return [] if image is None else [f'<figure class="lead">{_image(story, image)}</figure>']


def _image(story: Story, image: Json) -> str:
    """The picture, or a link to a video, and the caption with its credits. Nothing where neither is there."""
    shown, alt_text = "", image["alt_text"] or ""
    if image["url"] is not None:
        url = escape(story.site.absolute(image["url"]))
        if image["media"] == "video":
            shown = f'<a href="{url}">{_text(alt_text) or story.words["video"]}</a>'
        else:
            size = "".join(f' {name}="{image[name]}"' for name in ("width", "height") if image[name] is not None)
            shown = _with_sources(story, image, f'<img src="{url}" alt="{escape(alt_text)}"{size}>')
    caption = [_text(image["caption"])] if image["caption"] else []
    caption += _element("small", "credit", escape(story.credit(image) or "", quote=False))
    caption += _element("small", "ai", _text(story.disclosure(image["ai"]) or ""))
    return f"{shown}<figcaption>{' '.join(caption)}</figcaption>" if caption else shown


def _with_sources(story: Story, image: Json, shown: str) -> str:
    """The picture with its other widths and formats, of which a browser takes the one that it needs."""
    sources = ""
    for media_type, srcset in story.site.resizer.source_sets(image):
        kind = f' type="{media_type}"' if media_type else ""
        sources += f'<source{kind} srcset="{escape(srcset)}" sizes="{SIZES}">'
    return f"<picture>{sources}{shown}</picture>" if sources else shown


def _blocks(story: Story, prefix: str) -> list[str]:
    return [_block(story, block, f' id="{prefix}' + block["id"] + '"') for block in story.document["body"]]


def _block(story: Story, block: Json, id: str) -> str:
    match block["type"]:
        case "paragraph":
            return f"<p{id}>{block['html']}</p>"
        case "heading":
            return f"<h{block['level']}{id}>{_text(block['text'])}</h{block['level']}>"
        case "quote":
            return _quote(story, block, id)
        case "list":
            name = "ol" if block["ordered"] else "ul"
            return f"<{name}{id}>{''.join(f'<li>{item}</li>' for item in block['items'])}</{name}>"
        case "image":
            return f"<figure{id}>{_image(story, block)}</figure>"
        case "reference_note":
            note = story.note(block)
            return "" if note is None else _note(note, block["id"], id)
        case "related":
            link = story.link(block)
            shown = "" if link is None else f"{story.words[link.relation]}: {_link(link)}"
            return f'<p class="related"{id}>{shown}</p>'
        case "embed":
            text = block["html"] or escape(block["provider"], quote=False)
            url = escape(story.site.absolute(block["url"]))
            return f'<figure class="embed"{id}><p>{text}</p><a href="{url}">{url}</a></figure>'
        case "table":
            return _table(block, id)
        case "code":
            return f"<pre{id}><code>{escape(block['text'], quote=False)}</code></pre>"
        case _:
            return f"<hr{id}>"


def _quote(story: Story, quote: Json, id: str) -> str:
    language = "" if quote["language"] in {None, story.language} else _language(quote["language"])
    kind = "quote" if quote["verbatim"] else "indirect"
    speaker = story.speaker(quote)
    page = story.site.page("source", quote["source"]) if story.name(quote["source"]) else None
    cite = f"<figcaption><cite>{_link(Link(speaker, page, 'said_by'))}</cite></figcaption>" if speaker else ""
    return f'<figure class="{kind}"{id}><blockquote{language}><p>{quote["html"]}</p></blockquote>{cite}</figure>'


def _table(table: Json, id: str) -> str:
    """Rows that are too short are filled up."""
    width = max(map(len, (table["header"], *table["rows"])), default=0)
    header = "".join(f'<th scope="col">{_text(cell)}</th>' for cell in _filled(table["header"], width))
    head = f"<thead><tr>{header}</tr></thead>" if table["header"] else ""
    rows = ["".join(f"<td>{_text(cell)}</td>" for cell in _filled(row, width)) for row in table["rows"]]
    return f"<table{id}>{head}<tbody>{''.join(f'<tr>{row}</tr>' for row in rows)}</tbody></table>"


def _filled(row: list[str], width: int) -> list[str]:
    return row + [""] * (width - len(row))


def _note(note: Story, block_id: str, id: str) -> str:
    """A box with the note. A dot joins the ids of its blocks to that of the box: no id of a block holds one."""
    blocks = _blocks(note, f"block-{block_id}.")
    title = _link(Link(note.title, note.site.page("note", note.document["slug"]), "background"))
    parts = [f"<h2>{title}</h2>", *blocks, *_facts(note), *_as_of(note), *_disclosure(note), *_sources(note)]
    return "\n".join([f'<aside class="note"{id}{_language(note.language)}>', *parts, "</aside>"])


def _facts(story: Story) -> list[str]:
    """The dated facts of a note."""
    facts = story.facts
    return _element("ul", "facts", "".join([_fact(story, fact) for fact in facts]))


def _day(story: Story, on: str) -> str:
    return f'<time datetime="{on}">{story.site.day(on, story.language)}</time>'


def _fact(story: Story, fact: Json) -> str:
    times = [_day(story, on) for on in (fact["on"], fact["to"]) if on]
    when = f"{' – '.join(times)}: " if period(fact) else ""
    return f"<li>{when}{_text(fact['text'])}</li>"


def _as_of(story: Story) -> list[str]:
    as_of = story.document.get("as_of")
    shown = as_of and f"{story.words['as_of']} {_day(story, as_of)}"
    return _element("p", "as-of", shown)


def _sources(story: Story) -> list[str]:
    """The sources, each with its role and exact words."""
    items = []
    for name, role, url, text, _ in story.credits:
        shown = _link(Link(name, url, role))
        words = f": <q>{_text(text)}</q>" if text else ""
        items.append(f"<li>{shown} ({story.words[role]}){words}</li>")
    return _section("sources", story.words["sources"], items)


def _section(css_class: str, title: str, items: list[str]) -> list[str]:
    """A list under a heading; nothing without items."""
    return _element("section", css_class, f"<h2>{title}</h2><ul>{''.join(items)}</ul>" if items else None)


def _foot(story: Story) -> list[str]:
    document, words = story.document, story.words
    note = document.get("editors_note")
    corrections = [
        f"<li>{_time(story, each['at'])} {words[each['kind']]}: {_text(each['text'])}</li>"
        for each in document.get("corrections", ())
    ]
    related = [f"<li>{words[link.relation]}: {_link(link)}</li>" for link in story.links]
    parts = [
        *_as_of(story),
        *_element("p", "editors-note", note and f"{words['editors_note']}: {_text(note)}"),
        *_section("corrections", words["corrections"], corrections),
        *_sources(story),
        *_section("related", words["related"], related),
        *_section("tags", words["tags"], [f"<li>{_text(tag['label'])}</li>" for tag in story.tags]),
    ]
    return ["<footer>", *parts, "</footer>"] if parts else []
