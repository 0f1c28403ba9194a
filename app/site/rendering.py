"""Templates, the files that pages load, and a page as a response."""

from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from app.about import EXAMPLES
from app.formats.story import direction
from app.formats.wording import Word, words_of
from app.site import addresses
from app.site.behind import ApiRequest
from app.site.wording import PageWord, language_name, page_words
from app.web.caching import cached_response

STATIC: Final = Path(__file__).parent / "static"
MEDIA_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
# Pictures may be on any server, as the newsroom has them; all else comes from here.
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src *; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Link": '</.well-known/api-catalog>; rel="api-catalog"',  # Source: RFC 9727, 3.
}


@dataclass(frozen=True, slots=True)
class SectionLink:
    """A section in the navigation; `is_top` where it stands under no other."""

    slug: str
    label: str
    address: str
    is_top: bool


@dataclass(frozen=True)
class Frame:
    """What stands around the content of every page, in one language."""

    name: str
    language: str
    sections: list[SectionLink]

    @property
    def direction(self) -> str:
        return direction(self.language)

    @cached_property
    def words(self) -> dict[PageWord, str]:
        return page_words(self.language)

    @cached_property
    def story_words(self) -> dict[Word, str]:
        return words_of(self.language)

    @cached_property
    def labels(self) -> dict[str, str]:
        """Names of sections by slug."""
        return {section.slug: section.label for section in self.sections}


@dataclass(frozen=True, slots=True)
class Alternate:
    """The same content elsewhere: in another language, or in another format. Addresses in heads are absolute."""

    address: str
    language: str | None = None
    media_type: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a page says of it. `social_title` is shown where the page is shared; else that is `title`."""

    title: str
    address: str
    description: str | None = None
    social_title: str | None = None
    alternates: tuple[Alternate, ...] = ()
    jsonld: str | None = None
    image: str | None = None
    is_article: bool = False


@cache
def files() -> dict[str, tuple[bytes, str]]:
    """(content, media type) of each file that pages load, by a name that holds its digest: it never changes."""
    named = {}
    for path in sorted(STATIC.iterdir()):
        body = path.read_bytes()
        digest = blake2b(body, digest_size=6).hexdigest()
        named[f"{path.stem}-{digest}{path.suffix}"] = (body, MEDIA_TYPES[path.suffix])
    return named


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("app.site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    places = {f"{name.rpartition('-')[0]}{name[name.rindex('.') :]}": f"/pages/{name}" for name in files()}
    environment.globals |= {
        "files": places,
        "examples": EXAMPLES,
        "of": addresses.of,
        "of_tag": addresses.of_tag,
        "narrowed": addresses.narrowed,
        "language_name": language_name,
    }
    return environment


def render(template: str, **context: object) -> bytes:
    """The template with these values, all of which it escapes but those marked as HTML."""
    return _environment().get_template(template).render(**context).encode()


async def page_response(
    request: Request,
    template: str,
    *,
    frame: Frame,
    head: Head,
    behind: ApiRequest,
    names: list[str],
    **context: object,
) -> Response:
    """A page. `names` are the objects and lists that it depends on, as the log of changes names them."""
    body = render(template, frame=frame, head=head, behind=behind, **context)
    return await cached_response(request, body, names=["tags", *names], media_type="text/html", headers=HEADERS)
