"""Prints the result of reading a page as a coloured outline."""

import textwrap
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.markup import escape

from app.content.html import plain

if TYPE_CHECKING:
    from app.importers.page import Page

LINE_WIDTH: Final = 100
# Other blocks are white.
BLOCK_STYLES: Final = {"quote": "cyan", "heading": "bold", "image": "magenta", "reference_note": "yellow",
                       "related": "blue"}  # fmt: skip
ARTICLE_FIELDS: Final = ("kicker", "standfirst", "byline", "section", "published_at", "updated_at", "tags")


def print_outline(page: "Page", name: str, console: Console) -> None:
    """Prints the article block by block, then sources, notes, stubs, and the lines that were not used."""
    console.print(f"\n[bold green]{escape(name)}[/bold green]")
    article, *stubs = [document for document in page.documents if document["noun"] == "article"]
    _print_article(article, page, console)
    for document in page.documents:
        if document["noun"] == "source":
            kind = f"{document['type']}, {document.get('identity', 'named')}"
            name = escape(_first_translation(document["names"]))
            console.print(f"  [green]source[/green]          {name} [dim]{kind}[/dim]")
        elif document["noun"] == "note":
            _print_note(document, console)
    for stub in stubs:
        console.print(f"  [blue]stub[/blue]            {escape(_shorten(stub['headline']))}")
    unused = [line.line for line in page.lines if line.use == "furniture"]
    if unused:
        console.print(f"  [dim]furniture       lines {', '.join(map(str, unused))}[/dim]")
    for remark in page.odd:
        console.print(f"  [dim]{escape(remark)}[/dim]")


def _print_article(article: dict[str, Any], page: "Page", console: Console) -> None:
    console.print(f"[bold]{escape(article['headline'])}[/bold]  [dim]{article['language']}[/dim]")
    tags = [document for document in page.documents if document["noun"] == "tag"]
    labels = {tag["slug"]: _first_translation(tag["labels"]) for tag in tags}
    tag_labels = ", ".join(labels[slug] for slug in article["tags"])
    fields = article | {"section": labels.get(article["section"]), "tags": tag_labels}
    for field in ARTICLE_FIELDS:
        if fields[field]:
            console.print(f"  [dim]{field}[/dim] {escape(fields[field])}")
    for block in article["body"]:
        style = BLOCK_STYLES.get(block["type"], "white")
        console.print(f"  [{style}]{block['type']:<15}[/{style}] {escape(_summary(block))}")
    for attribution in article.get("attributions", []):
        role = " ".join(filter(None, (attribution["role"], attribution.get("channel"))))
        console.print(f"  [green]attribution[/green]     {escape(attribution['source'])} [dim]{role}[/dim]")


def _print_note(note: dict[str, Any], console: Console) -> None:
    console.print(f"  [yellow]note[/yellow]            {escape(note['slug'])}")
    for fact in note.get("facts", []):
        span = "–".join(filter(None, (fact.get("on"), fact.get("to")))) or "undated"
        console.print(f"    [dim]{span:<21}[/dim] {escape(_shorten(fact['text']))}")


def _summary(block: dict[str, Any]) -> str:
    """The content of a block in one line."""
    match block["type"]:
        case "paragraph":
            return _shorten(plain(block["html"]))
        case "quote":
            return f"{block.get('source') or '?'}: {_shorten(plain(block['html']))}"
        case "list":
            return f"{len(block['items'])} items: {_shorten(plain(block['items'][0]))}"
        case "table":
            return f"{len(block['rows'])} rows"
        case "image":
            return block.get("credit_line") or block.get("caption") or ""
        case "reference_note":
            return str(block["note"])
    return _shorten(str(block.get("text") or ""))


def _first_translation(texts: dict[str, str]) -> str:
    return next(iter(texts.values()))


def _shorten(text: str) -> str:
    return textwrap.shorten(text, LINE_WIDTH, placeholder="…")
