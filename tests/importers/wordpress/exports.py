"""Makes WordPress exports for tests. All places, people and texts are invented."""

from typing import Any, Final

SITE: Final = "https://lypka-courier.example"
NAMESPACES: Final = (
    'xmlns:excerpt="http://wordpress.org/export/{0}/excerpt/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:wfw="http://wellformedweb.org/CommentAPI/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:wp="http://wordpress.org/export/{0}/"'
)


def element(name: str, text: object, attributes: str = "") -> str:
    shown = str(text).replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}{attributes}><![CDATA[{shown}]]></{name}>\n"


def export(*entries: str, version: str = "1.2", language: str = "en", site: str = SITE, end: str = "") -> str:
    """An export with these entries; `end` stands in place of its last line where it is given."""
    head = "".join(
        element(name, text)
        for name, text in (
            ("title", "Lypka Courier"), ("link", site), ("language", language), ("wp:wxr_version", version),
            ("wp:base_site_url", site), ("wp:base_blog_url", site),
        )
    )  # fmt: skip
    names = NAMESPACES.format(version)
    body = "".join(entries)
    return f'<?xml version="1.0" encoding="UTF-8" ?>\n<rss version="2.0" {names}>\n<channel>\n{head}{body}' + (
        end or "</channel>\n</rss>\n"
    )


def author(login: str, name: str) -> str:
    return f"<wp:author>{element('wp:author_login', login)}{element('wp:author_display_name', name)}</wp:author>\n"


def category(slug: str, name: str, parent: str = "") -> str:
    parts = (("category_nicename", slug), ("category_parent", parent), ("cat_name", name))
    return f"<wp:category>{''.join(element(f'wp:{key}', value) for key, value in parts)}</wp:category>\n"


def term(slug: str, name: str, taxonomy: str = "category") -> str:
    """A term of a post."""
    return element("category", name, f' domain="{taxonomy}" nicename="{slug}"')


def post(id: int, title: str = "The mill grinds again", content: str = "It grinds.", *parts: str, **fields: Any) -> str:
    """A post; `meta` is a dictionary of its meta data, `parts` are further elements."""
    meta = "".join(
        f"<wp:postmeta>{element('wp:meta_key', key)}{element('wp:meta_value', value)}</wp:postmeta>\n"
        for key, values in fields.pop("meta", {}).items()
        for value in (values if isinstance(values, list) else [values])
    )
    date = fields.pop("date", "2021-03-04 08:30:00")
    texts = {
        "post_id": id, "post_date": date, "post_date_gmt": date, "post_modified_gmt": date,
        "post_name": f"story-{id}", "status": "publish", "post_parent": 0, "post_type": "post", "post_password": "",
        **fields,
    }  # fmt: skip
    creator = element("dc:creator", texts.pop("creator", "olena"))
    excerpt = element("excerpt:encoded", texts.pop("excerpt", ""))
    link = element("link", texts.pop("link", f"{SITE}/?p={id}"))
    own = "".join(element(f"wp:{name}", text) for name, text in texts.items())
    return (
        f"<item>\n{element('title', title)}{link}{creator}{element('content:encoded', content)}{excerpt}{own}"
        f"{''.join(parts)}{meta}</item>\n"
    )


def attachment(id: int, url: str, caption: str = "", **fields: Any) -> str:
    fields = {"status": "inherit", "post_type": "attachment", "attachment_url": url, "excerpt": caption, **fields}
    return post(id, f"Picture {id}", "", **fields)
