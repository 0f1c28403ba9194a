"""A page's result as a coloured outline for the terminal."""

import textwrap
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.markup import escape

from app.content.html import plain

if TYPE_CHECKING:
    from app.importers.page import Page

WIDTH: Final = 100
STYLES: Final = {
    "paragraph": "white",
    "quote": "cyan",
    "heading": "bold",
    "list": "white",
    "table": "white",
    "image": "magenta",
    "reference_note": "yellow",
    "related": "blue",
}


def outline(found: "Page", name: str, console: Console) -> None:
    """Prints the article block by block, then sources, notes, stubs, and the lines that went nowhere."""
    articles = [one for one in found.documents if one["noun"] == "article"]
    article, stubs = articles[0], articles[1:]
    console.print(f"\n[bold green]{escape(name)}[/bold green]")
    console.print(f"[bold]{escape(article['headline'])}[/bold]  [dim]{article['language']}[/dim]")
    labels = {one["slug"]: _first(one["labels"]) for one in found.documents if one["noun"] == "tag"}
    said = article | {
        "section": labels.get(article["section"]),
        "tags": ", ".join(map(labels.__getitem__, article["tags"])),
    }
    for field in ("kicker", "standfirst", "byline", "section", "published_at", "updated_at", "tags"):
        if said[field]:
            console.print(f"  [dim]{field}[/dim] {escape(said[field])}")
    for block in article["body"]:
        style = STYLES.get(block["type"], "white")
        console.print(f"  [{style}]{block['type']:<15}[/{style}] {escape(_says(block))}")
    for one in article.get("attributions", []):
        told = " ".join(filter(None, (one["role"], one.get("channel"))))
        console.print(f"  [green]attribution[/green]     {escape(one['source'])} [dim]{told}[/dim]")
    for document in found.documents:
        if document["noun"] == "source":
            kind = f"{document['type']}, {document.get('identity', 'named')}"
            console.print(f"  [green]source[/green]          {escape(_first(document['names']))} [dim]{kind}[/dim]")
        elif document["noun"] == "note":
            console.print(f"  [yellow]note[/yellow]            {escape(document['slug'])}")
            for fact in document.get("facts", []):
                span = "–".join(filter(None, (fact.get("on"), fact.get("to")))) or "undated"
                console.print(f"    [dim]{span:<21}[/dim] {escape(_short(fact['text']))}")
    for stub in stubs:
        console.print(f"  [blue]stub[/blue]            {escape(_short(stub['headline']))}")
    nowhere = [line.line for line in found.lines if line.use == "furniture"]
    if nowhere:
        console.print(f"  [dim]furniture       lines {', '.join(map(str, nowhere))}[/dim]")
    for note in found.odd:
        console.print(f"  [dim]{escape(note)}[/dim]")


def _says(block: dict[str, Any]) -> str:
    match block["type"]:
        case "paragraph":
            return _short(plain(block["html"]))
        case "quote":
            return f"{block.get('source') or '?'}: {_short(plain(block['html']))}"
        case "list":
            return f"{len(block['items'])} items: {_short(plain(block['items'][0]))}"
        case "table":
            return f"{len(block['rows'])} rows"
        case "image":
            return block.get("credit_line") or block.get("caption") or ""
        case "reference_note":
            return str(block["note"])
        case _:
            return _short(str(block.get("text") or ""))


def _first(texts: dict[str, str]) -> str:
    return next(iter(texts.values()))


def _short(text: str) -> str:
    return textwrap.shorten(text, WIDTH, placeholder="…")
