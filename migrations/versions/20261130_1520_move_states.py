"""Move every state, view, list and counter to the tables that store each text once."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import context, op

revision = "20261130_1520"
down_revision = "20261130_1510"
branch_labels = None
depends_on = None

# Objects are moved in portions, so that progress can be shown and no list of all is kept in memory.
PORTION = 2_000
BODY = ',"body":'
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Names of the lists, made of what the release before listed them under.
ARTICLES = "CASE {term} WHEN 'all' THEN 'articles' ELSE 'articles:' || {term} END"
NOTES = "'notes:' || {term}"

# What the two databases spell differently.
SQLITE = {
    "article": "object_id('article', {ref})",
    "object": "object_id(noun, ref)",
    "place": f"instr(document, '{BODY}')",
    "private": "'{\"ednote\":' || json_quote(ednote) || '}'",
    "always": "0",
    "names": "(SELECT json_group_array({name}) FROM json_each(s.terms))",
    "json": ":lists",
}
POSTGRESQL = {
    "article": "CAST({ref} AS uuid)",
    "object": "CAST(CASE WHEN noun = 'article' THEN ref ELSE md5(noun || ':' || ref) END AS uuid)",
    "place": f"strpos(document, '{BODY}')",
    "private": "'{\"ednote\":' || coalesce(CAST(to_json(ednote) AS text), 'null') || '}'",
    "always": "timestamptz '1970-01-01 00:00:00+00'",
    "names": "(SELECT json_agg({name}) FROM json_array_elements_text(s.terms) AS value)",
    "json": "CAST(:lists AS json)",
}


def upgrade() -> None:
    bind = op.get_bind()
    sql = POSTGRESQL
    if bind.dialect.name == "sqlite":
        sql = SQLITE
        connection = bind.connection.driver_connection
        assert connection is not None
        connection.create_function("object_id", 2, _object_id, deterministic=True)
    _move_states(bind, sql)
    _move_lists(bind, sql)
    _list_related(bind, sql)
    bind.execute(
        sa.text("INSERT INTO article_slugs (slug, article, is_public) SELECT slug, ref, public FROM addresses")
    )
    for table, key in (("articles", "id"), ("notes", "slug")):
        _move_withdrawals(bind, table, key)


def downgrade() -> None:
    raise NotImplementedError("Release 0.1 stores texts in another form. Restore the backup that you made of it.")


def _object_id(noun: str, ref: str) -> bytes:
    """The id of an object: of an article its own, of the others one made of noun and name."""
    return UUID(ref).bytes if noun == "article" else md5(f"{noun}:{ref}".encode(), usedforsecurity=False).digest()


# --- objects, states and views -----------------------------------------------------------------------------------


def _move_states(bind: sa.Connection, sql: dict[str, str]) -> None:
    """A document becomes a card, and a body where there is one.

    In a document of an article or a note `,"body":` can stand nowhere but before the last member: within a string its
    quotes are escaped.
    """
    place, object_id = f"(CASE WHEN noun IN ('article', 'note') THEN {sql['place']} ELSE 0 END)", sql["object"]
    names = sql["names"].format(
        name=f"CASE s.noun WHEN 'article' THEN {ARTICLES} ELSE {NOTES} END".format(term="value"),
    )
    portion = "(noun, ref) > (:noun, :ref) AND (noun, ref) <= (:last_noun, :last_ref)"
    statements = (
        f"INSERT INTO objects (id, noun, ref) SELECT DISTINCT {object_id}, noun, ref FROM revisions WHERE {portion}",
        f"""INSERT INTO new_revisions
                (object, revision, at, op, actor, kind, note, public_from, public_to, private, card, body)
            SELECT {object_id}, revision, at, op, actor, kind, note, public_from, public_to,
                   CASE WHEN noun = 'article' AND op <> 'deleted' THEN {sql["private"]} END,
                   CASE WHEN {place} > 0 THEN substr(document, 1, {place} - 1) || '}}' ELSE document END,
                   CASE WHEN {place} > 0 THEN
                       substr(document, {place} + {len(BODY)}, length(document) - {place} - {len(BODY)})
                   END
            FROM revisions WHERE {portion}""",
        f"""INSERT INTO view_entries
                (view, object, noun, revision, slug, modified_at, listed_at, due_at, lists)
            SELECT view, {object_id}, noun, revision, slug, modified_at, listed_at,
                   CASE WHEN noun IN ('tag', 'source') THEN {sql["always"]} ELSE due_at END,
                   coalesce({names}, '[]')
            FROM shown AS s WHERE {portion}""",
    )
    for bounds in _portions(bind):
        for statement in statements:
            bind.execute(sa.text(statement), bounds)


def _portions(bind: sa.Connection) -> Iterator[dict[str, str]]:
    """The bounds of portions of objects, in the order of noun and name. Says after each how far the move is."""
    progress: Callable[[int, int], None] | None = context.config.attributes.get("progress")
    total = bind.scalar(sa.text("SELECT count(*) FROM revisions")) or 0
    moved = 0
    after = {"noun": "", "ref": ""}
    names = sa.text(
        "SELECT noun, ref, count(*) FROM revisions WHERE (noun, ref) > (:noun, :ref)"
        " GROUP BY noun, ref ORDER BY noun, ref LIMIT :portion"
    )
    while portion := bind.execute(names, {**after, "portion": PORTION}).fetchall():
        noun, ref, _ = portion[-1]
        yield {**after, "last_noun": noun, "last_ref": ref}
        after = {"noun": noun, "ref": ref}
        moved += sum(count for _, _, count in portion)
        if progress is not None:
            progress(moved, total)


# --- lists -------------------------------------------------------------------------------------------------------


def _move_lists(bind: sa.Connection, sql: dict[str, str]) -> None:
    """Lists of articles and of notes, with their entries and counters."""
    articles, notes = ARTICLES.format(term="o.term"), NOTES.format(term="o.term")
    listed_at = "coalesce(n.published_at, n.publish_at, n.created_at)"
    for statement in (
        f"""INSERT INTO lists (view, name)
            SELECT o.view, {articles} FROM listed AS o UNION SELECT o.view, {articles} FROM counters AS o
            UNION SELECT o.view, {notes} FROM notes_listed AS o
            ORDER BY 1, 2""",
        f"""INSERT INTO list_entries (list, published_at, object, revision, language, updated_at)
            SELECT l.id, o.published_at, e.object, e.revision, o.language, o.updated_at
            FROM listed AS o JOIN lists AS l ON l.view = o.view AND l.name = {articles}
            JOIN view_entries AS e ON e.view = o.view AND e.object = {sql["article"].format(ref="o.ref")}""",
        f"""INSERT INTO list_entries (list, published_at, object, revision, language, updated_at)
            SELECT l.id, {listed_at}, e.object, e.revision, n.language, coalesce(n.updated_at, {listed_at})
            FROM notes_listed AS o JOIN lists AS l ON l.view = o.view AND l.name = {notes}
            JOIN notes AS n ON n.slug = o.slug JOIN objects AS i ON i.noun = 'note' AND i.ref = o.slug
            JOIN view_entries AS e ON e.view = o.view AND e.object = i.id""",
        f"""UPDATE view_entries SET listed_at = (SELECT {listed_at} FROM notes AS n WHERE n.slug = view_entries.slug)
            WHERE noun = 'note'""",
        f"""INSERT INTO new_counters (list, day, language, n)
            SELECT l.id, o.day, o.language, o.n
            FROM counters AS o JOIN lists AS l ON l.view = o.view AND l.name = {articles}""",
    ):
        bind.execute(sa.text(statement))


def _list_related(bind: sa.Connection, sql: dict[str, str]) -> None:
    """New lists: of the articles that relate to an article, read from the states that the views show."""
    numbers: Counter[tuple[int, str]] = Counter()
    add_name = sa.text(f"UPDATE view_entries SET lists = {sql['json']} WHERE view = :view AND object = :object")
    add_entry = sa.text(
        "INSERT INTO list_entries (list, published_at, object, revision, language, updated_at)"
        " SELECT :list, published_at, object, revision, language, updated_at FROM list_entries"
        " WHERE list = (SELECT id FROM lists WHERE view = :view AND name = 'articles')"
        " AND published_at = :listed_at AND object = :object"
    )
    for entry, related in _entries_with_relations(bind):
        lists = json.loads(entry.lists) if isinstance(entry.lists, str) else entry.lists
        names = [f"articles:related:{id}" for id in related]
        key = {"view": entry.view, "object": entry.object}
        bind.execute(add_name, {**key, "lists": json.dumps(sorted({*lists, *names}))})
        for name in names:
            list_id = _list_id(bind, entry.view, name)
            bind.execute(add_entry, {**key, "list": list_id, "listed_at": entry.listed_at})
            numbers[list_id, entry.language] += 1
        if entry.view == "public" and entry.has_desk_entry:
            # Counters of the desk say by how much they differ from the public ones.
            for name in names:
                numbers[_list_id(bind, "desk", name), entry.language] -= 1
    add_counter = sa.text("INSERT INTO new_counters (list, day, language, n) VALUES (:list, '', :language, :n)")
    for (list_id, language), number in sorted(numbers.items()):
        bind.execute(add_counter, {"list": list_id, "language": language, "n": number})


def _entries_with_relations(bind: sa.Connection) -> Iterator[tuple[Any, list[str]]]:
    """The view entries of articles whose state relates to others, with the ids of these."""
    entries = sa.text(
        "SELECT e.view, e.object, e.listed_at, e.lists, l.language, r.card, r.body, a.status, a.withdrawal,"
        " EXISTS (SELECT 1 FROM view_entries AS d WHERE d.view = 'desk' AND d.object = e.object) AS has_desk_entry"
        " FROM (SELECT * FROM view_entries WHERE noun = 'article' AND (view, object) > (:view, :object)"
        " ORDER BY view, object LIMIT :portion) AS e"
        " JOIN objects AS o ON o.id = e.object JOIN articles AS a ON a.id = o.ref"
        " JOIN new_revisions AS r ON r.object = e.object AND r.revision = e.revision"
        " JOIN lists AS n ON n.view = e.view AND n.name = 'articles'"
        " JOIN list_entries AS l ON l.list = n.id AND l.published_at = e.listed_at AND l.object = e.object"
        " ORDER BY e.view, e.object"
    )
    nothing: Any = b"" if bind.dialect.name == "sqlite" else UUID(int=0)
    after = {"view": "", "object": nothing}
    while portion := bind.execute(entries, {**after, "portion": PORTION}).fetchall():
        for entry in portion:
            blocks = [block for block in json.loads(entry.body) if block["type"] == "related"]
            related = {named["article"] for named in (*json.loads(entry.card)["relations"], *blocks)}
            if entry.view == "desk" and entry.status == "withdrawn" and entry.withdrawal is not None:
                related.add(_as_object(entry.withdrawal)["replacement"])
            if related := related - {None}:
                yield entry, sorted(related)
        after = {"view": portion[-1].view, "object": portion[-1].object}


def _list_id(bind: sa.Connection, view: str, name: str) -> int:
    key = {"view": view, "name": name}
    select = sa.text("SELECT id FROM lists WHERE view = :view AND name = :name")
    list_id: int | None = bind.scalar(select, key)
    if list_id is None:
        bind.execute(sa.text("INSERT INTO lists (view, name) VALUES (:view, :name)"), key)
        list_id = bind.scalar(select, key)
    assert list_id is not None
    return list_id


# --- withdrawals -------------------------------------------------------------------------------------------------


def _move_withdrawals(bind: sa.Connection, table: str, key: str) -> None:
    rows = bind.execute(sa.text(f"SELECT {key} AS key, withdrawal FROM {table} WHERE withdrawal IS NOT NULL"))
    update = sa.text(
        f"UPDATE {table} SET withdrawn_at = :at, withdrawal_reason = :reason, withdrawal_note = :note,"
        f" replacement = :replacement WHERE {key} = :key"
    )
    for row in rows.fetchall():
        withdrawal = _as_object(row.withdrawal)
        bind.execute(
            update,
            {
                "key": row.key,
                "at": _instant(bind, withdrawal["at"]),
                "reason": withdrawal["reason"],
                "note": withdrawal["public_note"],
                "replacement": withdrawal.get("replacement"),
            },
        )


def _as_object(withdrawal: Any) -> Any:
    return json.loads(withdrawal) if isinstance(withdrawal, str) else withdrawal


def _instant(bind: sa.Connection, text: str) -> Any:
    """An instant as the database stores it: in SQLite milliseconds since 1970."""
    at = datetime.fromisoformat(text)
    return (at - EPOCH) // timedelta(milliseconds=1) if bind.dialect.name == "sqlite" else at
