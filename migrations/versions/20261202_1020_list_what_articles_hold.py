"""List the articles that hold pictures, videos, notes and tables. Those with quotes are listed with the index."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "20261202_1020"
down_revision = "20261202_1010"
branch_labels = None
depends_on = None

PORTION = 2_000
# Pictures and embeds are looked at. Of the rest a pattern tells: within a text the quotes would be escaped.
ENTRIES = """
    SELECT e.view, e.object, e.listed_at, e.lists, a.revision, a.language, a.updated_at,
        CASE WHEN r.body LIKE '%"type":"reference_note"%' THEN 1 ELSE 0 END AS note,
        CASE WHEN r.body LIKE '%"type":"table"%' THEN 1 ELSE 0 END AS has_table,
        CASE WHEN r.card LIKE '%"image":{%' THEN r.card END AS card,
        CASE WHEN r.body LIKE '%"type":"image"%' OR r.body LIKE '%"type":"embed"%' THEN r.body END AS body,
        EXISTS (SELECT 1 FROM view_entries AS d WHERE d.view = 'desk' AND d.object = e.object) AS has_desk_entry
    FROM (
        SELECT view, object, listed_at, lists, revision FROM view_entries
        WHERE noun = 'article' AND (view, object) > (:view, :object) ORDER BY view, object LIMIT :portion
    ) AS e
    JOIN revisions AS r ON r.object = e.object AND r.revision = e.revision
    JOIN lists AS l ON l.view = e.view AND l.name = 'articles'
    JOIN list_entries AS a ON a.list = l.id AND a.published_at = e.listed_at AND a.object = e.object
    ORDER BY e.view, e.object
"""
ADD_ENTRY = """
    INSERT INTO list_entries (list, published_at, object, revision, language, updated_at)
    VALUES (:list, :published_at, :object, :revision, :language, :updated_at)
"""
ADD_COUNTER = """
    INSERT INTO counters (list, day, language, n) VALUES (:list, '', :language, :n)
    ON CONFLICT (list, day, language) DO UPDATE SET n = counters.n + excluded.n
"""
# As this release tells videos.
VIDEO_PROVIDERS = frozenset(
    "youtube vimeo dailymotion tiktok twitch rumble odysee peertube streamable wistia brightcove kaltura jwplayer "
    "facebookvideo".split()
)
VIDEO_HOSTS = (
    "youtube.com", "youtube-nocookie.com", "youtu.be", "vimeo.com", "dailymotion.com", "dai.ly", "tiktok.com",
    "twitch.tv", "rumble.com", "odysee.com", "streamable.com", "wistia.com", "fb.watch",
)  # fmt: skip


def upgrade() -> None:
    bind = op.get_bind()
    names = ":lists" if bind.dialect.name == "sqlite" else "CAST(:lists AS json)"
    set_lists = sa.text(f"UPDATE view_entries SET lists = {names} WHERE view = :view AND object = :object")
    numbers: Counter[tuple[int, str]] = Counter()
    ids: dict[tuple[str, str], int] = {}
    for portion in _portions(bind):
        added: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        for entry in portion:
            lists = json.loads(entry.lists) if isinstance(entry.lists, str) else entry.lists
            new = {f"articles:has:{holding}" for holding in _holdings(entry)} - {*lists}
            for name in sorted(new):
                list_id = _list_id(bind, ids, entry.view, name)
                place = {name: getattr(entry, name) for name in ("object", "revision", "language", "updated_at")}
                added.append({"list": list_id, "published_at": entry.listed_at, **place})
                numbers[list_id, entry.language] += 1
                if entry.view == "public" and entry.has_desk_entry:
                    # Counters of the desk say by how much they differ from the public ones.
                    numbers[_list_id(bind, ids, "desk", name), entry.language] -= 1
            if new:
                key = {"view": entry.view, "object": entry.object}
                changed.append({**key, "lists": json.dumps(sorted({*lists, *new}))})
        if added:
            bind.execute(sa.text(ADD_ENTRY), added)
            bind.execute(set_lists, changed)
    counters = [{"list": id, "language": language, "n": n} for (id, language), n in sorted(numbers.items())]
    if counters:
        bind.execute(sa.text(ADD_COUNTER), counters)


def downgrade() -> None:
    """The lists stay: nothing before reads them, and they are kept like any other."""


def _portions(bind: sa.Connection) -> Iterator[list[Any]]:
    """The view entries of articles, each with what its rows hold. Memory: one portion."""
    nothing: Any = b"" if bind.dialect.name == "sqlite" else UUID(int=0)
    after = {"view": "", "object": nothing}
    while portion := [*bind.execute(sa.text(ENTRIES), {**after, "portion": PORTION})]:
        yield portion
        after = {"view": portion[-1].view, "object": portion[-1].object}


def _holdings(entry: Any) -> set[str]:
    told = {"note": entry.note, "table": entry.has_table}
    found = {name for name, is_there in told.items() if is_there}
    images = [json.loads(entry.card)["image"]] if entry.card else []
    for block in json.loads(entry.body) if entry.body else ():
        if block["type"] == "image":
            images.append(block)
        elif block["type"] == "embed" and _is_video(block["provider"], block["url"]):
            found.add("video")
    return found | {"video" if image["media"] == "video" else "image" for image in images if image["url"] is not None}


def _is_video(provider: str, url: str) -> bool:
    name = "".join(filter(str.isalnum, provider.lower()))
    host = urlsplit(url).netloc.rpartition("@")[2].partition(":")[0].lower()
    return name in VIDEO_PROVIDERS or any(host == known or host.endswith(f".{known}") for known in VIDEO_HOSTS)


def _list_id(bind: sa.Connection, ids: dict[tuple[str, str], int], view: str, name: str) -> int:
    if (view, name) not in ids:
        key = {"view": view, "name": name}
        select = sa.text("SELECT id FROM lists WHERE view = :view AND name = :name")
        list_id = bind.scalar(select, key)
        if list_id is None:
            bind.execute(sa.text("INSERT INTO lists (view, name) VALUES (:view, :name)"), key)
            list_id = bind.scalar(select, key)
        ids[view, name] = list_id
    return ids[view, name]
