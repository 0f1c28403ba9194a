"""What tests read from pages: elements, links, texts."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from httpx import AsyncClient, Response

Attributes = dict[str, str | None]
EMPTY = {"meta", "link", "img", "source", "br", "hr", "input"}


@dataclass
class Document(HTMLParser):
    """A page as its elements, each with its attributes, and the text of each element of some names."""

    elements: list[tuple[str, Attributes]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._open and data.strip():
            self.texts.append((self._open[-1], data.strip()))

    def all(self, tag: str) -> list[Attributes]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def links(self) -> list[str]:
        """Paths of this site that it links to, without fragments."""
        paths = [attributes.get("href") or "" for attributes in self.all("a")]
        return [path.partition("#")[0] for path in dict.fromkeys(paths) if path.startswith("/")]

    @property
    def stories(self) -> list[str]:
        """Slugs of the stories it links to."""
        return [path.removeprefix("/stories/") for path in self.links if path.startswith("/stories/")]

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] or "" for _, attributes in self.elements if "id" in attributes]

    def text(self, tag: str) -> list[str]:
        return [text for name, text in self.texts if name == tag]


def document(answer: Response) -> Document:
    document = Document()
    document.feed(answer.text)
    document.close()
    return document


async def page(api: AsyncClient, path: str, status: int = 200) -> Document:
    """The page at a path, which is answered with this status."""
    answer = await api.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == status, (path, answer.status_code, answer.text[:400])
    assert answer.headers["content-type"] == "text/html; charset=utf-8", path
    return document(answer)
