"""Keeps a copy of what a server shows, by its log of changes: the worked example of a follower. Knows HTTP alone.

Whatever ends it, the next one goes on where the copy stands: documents and position are written in one.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol

import httpx
from pydantic_core import from_json, to_json

Entry = dict[str, Any]
AT_ONCE: Final = 1_000
WAIT_SECONDS: Final = 25
LONGEST_PAUSE_SECONDS: Final = 30.0
# Lists, and the fields that their items leave out.
LISTS: Final = (("tag", "tags", ()), ("source", "sources", ()), ("note", "notes", ("body",)),
                ("article", "articles", ("body",)))  # fmt: skip


class Copy(Protocol):
    """Where the documents are kept, and the position up to which they are what the server shows."""

    position: int

    def apply(self, entries: list[Entry]) -> None:
        """Puts each document in the place of the one it has, and drops what comes without; all of it or nothing."""

    def replace(self, entries: Iterable[Entry], position: int) -> None:
        """Puts these in the place of all it has; all of it or nothing."""


class Lines:
    """A copy in a file of lines: entries as the log has them. The last line of an object counts; `document` null says
    that it is gone. A line without an object tells a position."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.position = 0
        latest: dict[tuple[str, str], bool] = {}
        count = 0
        for line in self._whole_lines():
            entry = from_json(line)
            self.position = entry["seq"]
            if "noun" in entry:
                latest[entry["noun"], entry["ref"]] = entry["document"] is not None
            count += 1
        if count > 2 * sum(latest.values()) + AT_ONCE:
            self._shorten()

    def _whole_lines(self) -> Iterator[bytes]:
        """The lines there are. What was not written to its end is cut off."""
        if not self.path.exists():
            return
        with self.path.open("rb+") as file:
            end = 0
            for line in file:
                if not line.endswith(b"\n"):
                    file.truncate(end)
                    return
                end += len(line)
                yield line

    def _shorten(self) -> None:
        latest: dict[tuple[str, str], Entry] = {}
        for entry in map(from_json, self._whole_lines()):
            if "noun" in entry:
                latest[entry["noun"], entry["ref"]] = entry
        self.replace((entry for entry in latest.values() if entry["document"] is not None), self.position)

    def apply(self, entries: list[Entry]) -> None:
        with self.path.open("ab") as file:
            file.write(b"".join([to_json(entry) + b"\n" for entry in entries]))
            file.flush()
            os.fsync(file.fileno())
        self.position = entries[-1]["seq"]

    def replace(self, entries: Iterable[Entry], position: int) -> None:
        aside = self.path.with_name(f".{self.path.name}.part")
        with aside.open("wb") as file:
            file.writelines(to_json(entry) + b"\n" for entry in entries)
            file.write(to_json({"seq": position}) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self.path)
        self.position = position


class Table:
    """A copy in a database file: the table `documents`, and the table `position` with its one row."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        with self._transaction():
            self.connection.execute(
                "CREATE TABLE IF NOT EXISTS documents (noun TEXT NOT NULL, ref TEXT NOT NULL, document TEXT NOT NULL,"
                " PRIMARY KEY (noun, ref))"
            )
            self.connection.execute("CREATE TABLE IF NOT EXISTS position (seq INTEGER NOT NULL)")
            found = self.connection.execute("SELECT seq FROM position").fetchone()
            if found is None:
                self.connection.execute("INSERT INTO position VALUES (0)")
        self.position: int = 0 if found is None else found[0]

    def _transaction(self) -> sqlite3.Connection:
        self.connection.execute("BEGIN IMMEDIATE")
        return self.connection

    def _write(self, entries: Iterable[Entry], position: int | None = None) -> int:
        for entry in entries:
            position = entry["seq"] if position is None or entry["seq"] > position else position
            if entry["document"] is None:
                gone = "DELETE FROM documents WHERE noun = ? AND ref = ?"
                self.connection.execute(gone, (entry["noun"], entry["ref"]))
            else:
                text = to_json(entry["document"]).decode()
                put = "INSERT OR REPLACE INTO documents VALUES (?, ?, ?)"
                self.connection.execute(put, (entry["noun"], entry["ref"], text))
        assert position is not None
        self.connection.execute("UPDATE position SET seq = ?", (position,))
        return position

    def apply(self, entries: list[Entry]) -> None:
        with self._transaction():
            position = self._write(entries)
        self.position = position

    def replace(self, entries: Iterable[Entry], position: int) -> None:
        with self._transaction():
            self.connection.execute("DELETE FROM documents")
            self._write(entries, position)
        self.position = position


class Unfollowable(Exception):
    """The server, or the file, is not what it must be; the message says what to do."""


class Misnamed(Unfollowable):
    """The file is called as no copy is."""


def open_copy(path: Path) -> Copy:
    """The copy in this file, begun where there is none. Raises: Unfollowable."""
    kinds: dict[str, Callable[[Path], Copy]] = {".ndjson": Lines, ".db": Table}
    if path.suffix not in kinds:
        raise Misnamed(f"{path}: a copy is kept in a file called .ndjson or .db.")
    try:
        return kinds[path.suffix](path)
    except (OSError, sqlite3.OperationalError) as error:
        raise Unfollowable(f"{path}: cannot be used: {getattr(error, 'strerror', None) or error}.") from None
    except (ValueError, KeyError, TypeError, sqlite3.Error):
        raise Unfollowable(f"{path}: is no copy that this command has made.") from None


def connect(url: str) -> httpx.Client:
    """A client of the server at this address. Raises: ValueError, for what is none."""
    if not url.startswith(("http://", "https://")):
        raise ValueError("it begins with http:// or https://")
    try:
        return httpx.Client(base_url=url, timeout=WAIT_SECONDS + 15)
    except httpx.InvalidURL as error:
        raise ValueError(error) from None


def follow(client: httpx.Client, copy: Copy, say: Callable[[str], None], *, once: bool) -> None:
    """Brings the copy to where the server is and, unless it is to be done once, keeps it there for ever.

    A server that does not answer is asked again, less and less often. Raises: Unfollowable.
    """
    pause = 1.0
    while True:
        try:
            page = _ask(client, "changes", after=copy.position, limit=AT_ONCE, wait=0 if once else WAIT_SECONDS)
            if page.is_success:
                found = _page(page)
                if found["items"]:
                    copy.apply(found["items"])
                if once and copy.position >= found["head"]:
                    return
            elif page.status_code == 410:
                head = _head(page)
                say(f"The log no longer reaches back to position {copy.position}: starting over from the lists.")
                copy.replace(_lists(client, head), head)
            else:
                raise Unfollowable(_refusal(page))
            pause = 1.0
        except _Away as away:
            if once:
                raise Unfollowable(f"{_public(client.base_url)} does not answer: {away}.") from None
            say(f"The server does not answer ({away}); asking again in {pause:g} s.")
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


class _Away(Exception):
    """The server does not answer just now."""


def _ask(client: httpx.Client, path: str, **parameters: Any) -> httpx.Response:
    try:
        answer = client.get(f"/v1/{path}", params=parameters)
    except httpx.TransportError as error:
        raise _Away(str(error) or type(error).__name__) from None
    if answer.status_code in {429, 502, 503, 504}:
        raise _Away(f"it answers {answer.status_code}")
    return answer


def _lists(client: httpx.Client, head: int) -> Iterator[Entry]:
    """All that the lists show, as entries of the log. What changed meanwhile comes behind `head`, once more."""
    for noun, name, rest in LISTS:
        asked: dict[str, Any] = {"limit": 100}
        while True:
            answer = _ask(client, name, **asked)
            if not answer.is_success:
                raise Unfollowable(_refusal(answer))
            key = "id" if noun == "article" else "slug"
            try:
                page = from_json(answer.content)
                entries = [
                    _entry({"seq": head, "noun": noun, "ref": document[key], "document": document})
                    for document in page["items"]
                ]
                cursor = page["next"]
            except (ValueError, KeyError, TypeError):
                raise Unfollowable(_refusal(answer)) from None
            if rest and entries and "fields" not in asked:
                asked["fields"] = ",".join([*entries[0]["document"], *rest])
                continue
            yield from entries
            if cursor is None:
                break
            asked["cursor"] = cursor


def _page(answer: httpx.Response) -> Any:
    try:
        found = from_json(answer.content)
        items = [_entry(one) for one in found["items"]]
    except (ValueError, KeyError, TypeError):
        raise Unfollowable(_refusal(answer)) from None
    return {"items": items, "head": _head(answer)}


def _entry(given: Any) -> Entry:
    """Raises: KeyError, TypeError, where it is no entry of a log."""
    kinds = {"seq": int, "noun": str, "ref": str, "document": dict | None}
    if not all(isinstance(given[name], kind) for name, kind in kinds.items()):
        raise TypeError
    found: Entry = given
    return found


def _head(answer: httpx.Response) -> int:
    try:
        found = from_json(answer.content)["head"]
    except (ValueError, KeyError, TypeError):
        found = None
    if not isinstance(found, int):
        raise Unfollowable(_refusal(answer))
    return found


def _public(url: httpx.URL) -> str:
    """The address without the name and password that may stand in it."""
    return str(url.copy_with(userinfo=b""))


def _refusal(answer: httpx.Response) -> str:
    try:
        problem = from_json(answer.content)
        code, detail = problem["code"], problem["detail"]
        future = any(fault["code"] == "future" for fault in problem["errors"])
    except (ValueError, KeyError, TypeError):
        return f"{_public(answer.url)} answers {answer.status_code}. Is it the address of a Dovidka server?"
    if future:
        return f"The copy is of another server, or this one has lost changes: {detail} Begin a new file."
    return f"{_public(answer.url)} answers {answer.status_code} {code}: {detail}"
