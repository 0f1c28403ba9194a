"""The first reading of an export: the names, slugs, pictures and translations that stories refer to."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from app.content import html, languages
from app.importers.wordpress.export import Author, Channel, Post, Term, entries
from app.web.fields import LANGUAGE, LINE_LENGTH, SLUG, SYSTEM_LENGTH, UUID_TEXT, canonical_language

# What happens to items of these types and states, and how the report names that.
NOT_STORIES: Final = {
    "attachment": "attachments (pictures come with the stories that show them)",
    "revision": "revisions (history starts at the import)",
    "nav_menu_item": "entries of menus",
    "wp_block": "patterns (they come with the stories that show them)",
}
NOT_KEPT: Final = {"trash": "in the bin", "auto-draft": "automatic drafts", "inherit": "parts of other items"}
_SIZE: Final = re.compile(r's:(\d+):"(width|height)";i:(\d{1,6});')
_ALT_TEXT: Final = "_wp_attachment_image_alt"


class Picture(NamedTuple):
    """An attachment, as stories show it. `caption` is HTML."""

    url: str
    alt_text: str
    caption: str
    width: int | None
    height: int | None


class Version(NamedTuple):
    """A story as one of its translations. They are sorted: what is public first, then by their ids."""

    is_hidden: bool
    number: int
    id: str
    language: str


@dataclass(slots=True)
class Site:
    """The facts of one export, from all its files. Plain data, so that other processes may have it.

    `slugs` are those of stories by id of the post, and `owners` the same the other way round; `tags` are slugs by
    (taxonomy, slug), `sources` slugs by login of the author. `files` says at which `file:number` a post stands.
    `sections` are the slugs that are sections in the database. `originals` leads from the id of a translation to that
    of its original. `hidden` are the ids of posts that are not public. `zone` is that of dates without one.
    """

    zone: ZoneInfo
    key: str = ""
    url: str = ""
    language: str = "und"
    types: frozenset[str] = frozenset({"post"})
    slugs: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    tags: dict[tuple[str, str], str] = field(default_factory=dict)
    tag_documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    source_documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    sections: frozenset[str] = frozenset()
    pictures: dict[str, Picture] = field(default_factory=dict)
    pictures_of: dict[str, list[str]] = field(default_factory=dict)
    shared_blocks: dict[str, str] = field(default_factory=dict)
    originals: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)

    def article_id(self, post_id: str) -> str:
        """The id of the story that a post is: the same in every import of every export of this site."""
        return str(uuid5(NAMESPACE_URL, f"wordpress:{self.key}:{post_id}"))

    def origin_of(self, post_id: str) -> dict[str, str]:
        """The key of a post among all that were imported: host and path of the site, and its number. Empty without."""
        is_key = self.key and ":" not in self.key and len(self.key) <= SYSTEM_LENGTH
        return {"system": self.key, "id": post_id} if is_key else {}

    def is_story(self, post: Post) -> bool:
        return post.type in self.types and post.status not in NOT_KEPT


def read_site(
    paths: Iterable[Path],
    types: Iterable[str],
    language: str | None,
    zone: ZoneInfo,
    advance: Callable[[int], None] = lambda count: None,
) -> tuple[Site, dict[Path, Channel]]:
    """The facts of an export, and the channel of each of its files. Memory: some hundred bytes for each post.

    Raises: OSError, DamagedExport.
    """
    site = Site(zone, types=frozenset(types))
    survey = _Survey(site)
    channels: dict[Path, Channel] = {}
    for path in paths:
        channel = channels[path] = Channel()
        for entry in entries(path, channel, advance):
            survey.add(entry, path)
        _describe(site, channel)
    site.language = language or site.language
    survey.finish()
    return site, channels


def _describe(site: Site, channel: Channel) -> None:
    site.url = site.url or channel.texts.get("base_blog_url", "") or channel.texts.get("link", "")
    parts = urlsplit(site.url)
    site.key = f"{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}"
    told = canonical_language(channel.texts.get("language", "").replace("_", "-"))
    if site.language == "und" and LANGUAGE.fullmatch(told):
        site.language = told


def language_of(post: Post, default: str) -> str:
    """The language that Polylang or WPML noted at a post, else that of the site."""
    noted = [term.slug for term in post.terms if term.taxonomy == "language"]
    noted.append(post.first_meta("_wpml_import_language_code"))
    found = (canonical_language(name.replace("_", "-")) for name in noted if name)
    return next((name for name in found if LANGUAGE.fullmatch(name)), default)


def _group_of(post: Post) -> str:
    """What Polylang or WPML noted as the group of the translations of a post; empty where it has none."""
    noted = [term.slug for term in post.terms if term.taxonomy == "post_translations"]
    return next(iter(noted), "") or post.first_meta("_wpml_import_translation_group")


def is_public(post: Post) -> bool:
    return post.status in {"publish", "future"} and not post.text("post_password")


def slug_of(written: str, fallback: str) -> str:
    """A slug as WordPress writes it, percent-encoded where it has other letters, as one of ours."""
    decoded = unquote(written).strip().lower()
    if SLUG.fullmatch(decoded) and len(decoded) <= languages.SLUG_LENGTH and not UUID_TEXT.fullmatch(decoded):
        return decoded
    made = languages.slug(decoded, fallback=fallback)
    return fallback if UUID_TEXT.fullmatch(made) else made


class _Survey:
    """Collects the facts of a site from the entries of its export."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.authors: dict[str, str] = {}
        self.terms: dict[tuple[str, str], Term] = {}
        self.used_terms: dict[tuple[str, str], str] = {}
        self.used_authors: dict[str, str] = {}
        self.groups: dict[str, list[Version]] = {}

    def add(self, entry: Author | Term | Post, path: Path) -> None:
        if isinstance(entry, Author):
            self.authors.setdefault(entry.login, entry.name)
        elif isinstance(entry, Term):
            self.terms.setdefault((entry.taxonomy, entry.slug), entry)
        elif entry.type == "attachment":
            self._add_picture(entry)
        elif entry.type == "wp_block":
            self.site.shared_blocks[entry.id] = entry.content
        elif self.site.is_story(entry) and entry.id not in self.site.files:
            self._add_story(entry, path)
        if not isinstance(entry, Author | Term):
            self._count(entry)

    def _count(self, post: Post) -> None:
        site = self.site
        if post.comments:
            site.left_out["comments"] += post.comments
        if post.type in NOT_STORIES or post.type not in site.types:
            site.left_out[NOT_STORIES.get(post.type, f"items of type {post.type[:40]}")] += 1
        elif post.status in NOT_KEPT:
            site.left_out[f"{post.type}s: {NOT_KEPT[post.status]}"] += 1

    def _add_picture(self, post: Post) -> None:
        url = post.text("attachment_url") or post.text("guid")
        if not url:
            return
        sizes = {name: int(value) for _, name, value in _SIZE.findall(post.first_meta("_wp_attachment_metadata")[:300])}
        picture = Picture(
            url, post.first_meta(_ALT_TEXT), post.excerpt.strip(), sizes.get("width"), sizes.get("height")
        )
        self.site.pictures.setdefault(post.id, picture)
        if (parent := post.text("post_parent")) not in {"", "0"}:
            self.site.pictures_of.setdefault(parent, []).append(post.id)

    def _add_story(self, post: Post, path: Path) -> None:
        site = self.site
        site.files[post.id] = f"{path}:{post.number}"
        fallback = f"untitled-{post.id}" if post.id else "untitled"
        slug = slug_of(post.text("post_name"), "") or languages.slug(
            html.plain(html.sanitise(post.text("title")[:LINE_LENGTH])), fallback=fallback
        )
        if site.owners.setdefault(slug, post.id) != post.id:
            slug = f"{slug[: languages.SLUG_LENGTH - len(post.id) - 1].rstrip('-')}-{post.id}"
            site.owners.setdefault(slug, post.id)
        site.slugs[post.id] = slug
        if not is_public(post):
            site.hidden.add(post.id)
        for login, name in authors_of(post, self.authors).items():
            self.used_authors.setdefault(login, name)
        for term in post.terms:
            if term.taxonomy in {"category", "post_tag"}:
                self.used_terms.setdefault((term.taxonomy, term.slug), term.name)
        if group := _group_of(post):
            number = int(post.id) if post.id.isdigit() else 0
            version = Version(not is_public(post), number, post.id, language_of(post, ""))
            self.groups.setdefault(group, []).append(version)

    def finish(self) -> None:
        """Makes tags, sources and translations of what was noted."""
        for (taxonomy, slug), name in self.used_terms.items():
            self._tag(taxonomy, slug, name, ())
        for login, name in self.used_authors.items():
            self._source(login, name)
        for versions in self.groups.values():
            original, *others = sorted(versions)
            for version in others:
                if version.language != original.language:
                    self.site.originals[version.id] = original.id

    def _tag(self, taxonomy: str, slug: str, name: str, children: tuple[str, ...]) -> str:
        """The slug of the tag that a term is; its parents become tags too, but none that leads back to it."""
        site = self.site
        if (taxonomy, slug) in site.tags:
            return site.tags[taxonomy, slug]
        term = self.terms.get((taxonomy, slug), Term(taxonomy, slug, name, ""))
        label = html.plain(html.sanitise(term.name[:LINE_LENGTH])).strip() or slug
        own = slug_of(slug, f"term-{len(site.tags) + 1}")
        known = site.tag_documents.get(own)
        if known is not None and known["labels"][site.language].casefold() != label.casefold():
            own = slug_of(f"{own}-{taxonomy.removeprefix('post_')}", own)
        site.tags[taxonomy, slug] = own
        document = {"noun": "tag", "slug": own, "type": "topic", "labels": {site.language: label}, "parent": None}
        site.tag_documents.setdefault(own, document)
        parent = self.terms.get((taxonomy, term.parent))
        if parent is not None and term.parent not in children and term.parent != slug and len(children) < 15:
            above = self._tag(taxonomy, parent.slug, parent.name, (*children, slug))
            if above != own:
                site.tag_documents[own]["parent"] = above
        return own

    def _source(self, login: str, name: str) -> None:
        site = self.site
        label = html.plain(html.sanitise(name[:LINE_LENGTH])).strip() or login
        own = languages.slug(label, fallback=slug_of(login, f"author-{len(site.sources) + 1}"))
        known = site.source_documents.get(own)
        if known is not None and known["names"][site.language] != label:
            own = slug_of(f"{own}-{login}", own)
        site.sources[login] = own
        site.source_documents.setdefault(
            own, {"noun": "source", "slug": own, "type": "person", "names": {site.language: label}}
        )


def authors_of(post: Post, names: dict[str, str]) -> dict[str, str]:
    """Who wrote a post, in order: login and name. Those of Co-Authors Plus take the place of its one author."""
    together = {
        term.slug.removeprefix("cap-"): term.name
        for term in post.terms
        if term.taxonomy == "author" and term.slug
    }  # fmt: skip
    login = post.text("creator")
    written = {login: names.get(login, login)} if login else {}
    return {each: names.get(each, name) for each, name in together.items()} or written
