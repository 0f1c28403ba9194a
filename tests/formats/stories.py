"""A story and a note that make it hard for every format, with all that stands beside them."""

from typing import Any, Final

from tests.factories import Line, article, article_id, box, credit, note, section, source, tag, words

# What ends a script, a comment, a CDATA section, a table cell, emphasis, a link; entities; RTL and combining letters.
ODD: Final = (
    "</script> <!-- --> ]]> & &amp; <b>\"x\" 'y'</b> *a*_b_`c` [d](e) ![f] | ~~g~~ # 1. \\ \u202eשלום\u0301 \U0001f69f"
)
INLINE: Final = (
    '<b>Bold</b>, <i>thin</i> &amp; <code>a`b | c</code>: <a href="https://a.example/?a=1&amp;b=[2]">a [link]</a>!<br>'
    'x<b>y</b>z <del>gone</del> H<sub>2</sub>O, <span lang="ar">سلام</span> 1 &lt; 2 *not* _thin_'
)
KINDS: Final = ("topic", "person", "organisation", "place", "event", "series")
PICTURE: Final = {"url": "/sample/tram.svg", "width": 1200, "height": 800, "focal_point": {"x": 0.5, "y": 0.25}}


def quote(**fields: Any) -> Line:
    return {"type": "quote", "html": INLINE, **fields}


BLOCKS: Final[list[Line]] = [
    words(INLINE),
    words("-5 degrees<br># no heading<br>1. no list"),
    words("</script> is only text &lt;/script&gt; ]]&gt;"),
    *({"type": "heading", "level": level, "text": ODD} for level in (2, 3, 4)),
    quote(source="mayor"),
    quote(attribution=ODD, verbatim=False, language="ar"),
    quote(),
    {"type": "list", "items": [INLINE, "- two", "3. three"]},
    {"type": "list", "items": ["neighbour"]},
    {"type": "list", "ordered": True, "items": ["one", INLINE]},
    {"type": "image"},
    {"type": "image", "url": "https://img.example/ü_b.jpg", "alt_text": ODD, "caption": ODD},
    {"type": "image", "media": "video", "url": "https://video.example/1", "credit_line": ODD, "source": "mayor"},
    {"type": "image", "credit_line": "Photo: Ivan Kit", "photographer": "Ivan Kit", "copyright_notice": ODD},
    {"type": "related", "relation": "background", "article": article_id("earlier")},
    {"type": "related", "relation": "same_event", "url": "https://other.example/a?b=1&c=2", "text": ODD},
    {"type": "related", "relation": "follow_up", "text": "Words alone"},
    {"type": "related", "relation": "follow_up"},
    {"type": "embed", "provider": ODD, "url": "https://video.example/v?x=1&y=2"},
    {"type": "embed", "provider": "Somewhere", "url": "https://video.example/w", "html": INLINE},
    {"type": "table", "rows": []},
    {"type": "table", "header": ["One"], "rows": [["1", "2", ODD], [], ["3\n4"]]},
    {"type": "table", "rows": [[ODD], ["", "x"]]},
    {"type": "code", "text": "```\n</code></pre></script>\n\n    x = `1`\n", "language": "py thon`"},
    {"type": "code", "text": "\n"},
    {"type": "divider"},
]


def beside() -> list[Line]:
    """What the story and the note name."""
    odd = {"labels": {"uk": ODD, "en": f"{ODD} in English"}, "same_as": ["https://things.example/1"]}
    return [
        section("city"),
        *(tag(f"odd-{kind}", type=kind, **odd) for kind in KINDS),
        source("mayor", type="person", names={"uk": "Мер", "en": ODD}, urls=["https://mayor.example/"]),
        source("wire", type="media", names={"en": "Wire & Co"}),
        note(
            "mill",
            heading=ODD,
            body=[block for block in BLOCKS if block["type"] != "reference_note"],
            facts=[{"text": ODD, "on": "2022-05", "to": "2023"}, {"text": "Undated", "attributions": [credit("wire")]}],
            as_of="2025-01-01",
            tags=["odd-topic", "odd-place"],
            attributions=[credit("wire", "document", url="https://wire.example/1", text=ODD)],
        ),
        note("mlyn", language="uk", heading="Довідково: млин"),
        article("earlier", headline=f"Earlier {ODD}"),
    ]


def hard(slug: str = "hard", **fields: Any) -> Line:
    """An article with every type of block, and odd characters wherever there is text."""
    hard_fields: Line = {
        "headline": ODD,
        "kicker": ODD,
        "standfirst": f"{ODD}\n\n- {ODD}",
        "byline": ODD,
        "editors_note": ODD,
        "genre": "fact_check",
        "dateline": ODD,
        "headlines": {"seo": ODD, "social": ODD, "short": ODD},
        "flags": ["sensitive", "graphic"],
        "ai": {"use": "assisted", "digital_source_type": "humanEdits", "reviewed": True, "note": ODD},
        "section": "city",
        "tags": [f"odd-{kind}" for kind in KINDS],
        "image": {**PICTURE, "alt_text": ODD, "caption": ODD, "source": "mayor", "ai": {"use": "generated"}},
        "attributions": [
            credit("mayor", "author"),
            credit("wire", url="https://wire.example/ü?a=1&b=2", text=ODD, channel="social"),
            credit("wire", "data"),
        ],
        "relations": [
            {"relation": "previous_coverage", "article": article_id("earlier")},
            {"relation": "background", "url": "https://other.example/b", "text": ODD},
        ],
        "body": [*BLOCKS, box("mill"), box("mlyn", 1)],
    }
    return article(slug, **{**hard_fields, **fields})


def translation(of: str = "hard", slug: str = "hard-uk") -> Line:
    return article(slug, language="uk", headline=ODD, translation_of=article_id(of))
