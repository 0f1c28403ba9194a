"""Keeps a copy of what a server shows to everyone, by its log of changes: an example client. Imports nothing of ours.

Documents and position are written together, so a client that was stopped or killed continues where its copy stands.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import httpx
from pydantic_core import from_json, to_json

# An entry of the log of changes: `seq`, `noun`, `ref`, and `document`, which is None for an object that is gone.
Entry = dict[str, Any]
Parsed = TypeVar("Parsed")
BATCH_SIZE: Final = 1_000
LONG_POLL_SECONDS: Final = 25
LONGEST_PAUSE_SECONDS: Final = 30.0
# The nouns that have a list; the field that names an item; the field that items contain only on request.
LISTS: Final = (
    ("tag", "slug", None),
    ("source", "slug", None),
    ("note", "slug", "body"),
    ("article", "id", "body"),
    ("collection", "slug", None),
)


class CannotFollow(Exception):
    """The server or the file cannot be used; the message says what to do."""


class UnknownCopyFormat(CannotFollow):
    """The name of the file has none of the suffixes of a copy."""


class Copy(Protocol):
    """Stored documents, and the position in the log up to which they equal what the server shows."""

    position: int

    def apply(self, entries: list[Entry]) -> None:
        """Stores the documents of the entries and removes objects without one, in one transaction."""

    def replace(self, entries: Iterable[Entry], position: int) -> None:
        """Replaces all documents by those of the entries, in one transaction."""

    def close(self) -> None:
        """Releases the file."""


class NdjsonCopy:
    """A copy in a file of JSON lines, which are entries of the log. The last line about an object is valid.

    A line without `noun` stores only a position.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.position = 0
        exists: dict[tuple[str, str], bool] = {}
        line_count = 0
        for line in self._complete_lines():
            line_count += 1
            entry = from_json(line)
            self.position = entry["seq"]
            if "noun" in entry:
                exists[entry["noun"], entry["ref"]] = entry["document"] is not None
        if line_count > 2 * sum(exists.values()) + BATCH_SIZE:
            self._compact()

    def _complete_lines(self) -> Iterator[bytes]:
        """The lines of the file. Truncates a last line that was not written completely."""
        if not self.path.exists():
            return
        with self.path.open("rb+") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield line
                else:
                    file.truncate(file.tell() - len(line))

    def _compact(self) -> None:
        """Removes lines that later ones have replaced."""
        latest: dict[tuple[str, str], Entry] = {}
        for entry in map(from_json, self._complete_lines()):
            if "noun" in entry:
                latest[entry["noun"], entry["ref"]] = entry
        self.replace((entry for entry in latest.values() if entry["document"] is not None), self.position)

    def _write(self, path: Path, mode: str, entries: Iterable[Entry]) -> None:
        with path.open(mode) as file:
            file.writelines(to_json(entry) + b"\n" for entry in entries)
            file.flush()
            os.fsync(file.fileno())

    def apply(self, entries: list[Entry]) -> None:
        self._write(self.path, "ab", entries)
        self.position = entries[-1]["seq"]

    def replace(self, entries: Iterable[Entry], position: int) -> None:
        partial_file = self.path.with_name(f".{self.path.name}.part")
        self._write(partial_file, "wb", chain(entries, [{"seq": position}]))
        partial_file.replace(self.path)
        self.position = position

    def close(self) -> None:
        """Does nothing: the file is open only while it is read or written."""


class SqliteCopy:
    """A copy in a database file: the table `documents`, and the table `position` with one row."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        try:
            self._connection.execute("PRAGMA journal_mode = WAL")
            with self._transaction():
                self._connection.execute(
                    "CREATE TABLE IF NOT EXISTS documents (noun TEXT NOT NULL, ref TEXT NOT NULL,"
                    " document TEXT NOT NULL, PRIMARY KEY (noun, ref))"
                )
                self._connection.execute("CREATE TABLE IF NOT EXISTS position (seq INTEGER NOT NULL)")
                self._connection.execute("INSERT INTO position SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM position)")
                self.position = int(self._connection.execute("SELECT seq FROM position").fetchone()[0])
        except BaseException:
            self._connection.close()
            raise

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        with self._connection:  # commits, or rolls back on an exception
            yield

    def _write(self, entries: Iterable[Entry], position: int, *, clear: bool) -> None:
        """Writes the entries and the position; with `clear` in the place of all that the copy has."""
        with self._transaction():
            if clear:
                self._connection.execute("DELETE FROM documents")
            for entry in entries:
                key = entry["noun"], entry["ref"]
                if entry["document"] is None:
                    self._connection.execute("DELETE FROM documents WHERE noun = ? AND ref = ?", key)
                else:
                    document = to_json(entry["document"]).decode()
                    self._connection.execute("INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", (*key, document))
            self._connection.execute("UPDATE position SET seq = ?", (position,))
        self.position = position

    def apply(self, entries: list[Entry]) -> None:
        self._write(entries, entries[-1]["seq"], clear=False)

    def replace(self, entries: Iterable[Entry], position: int) -> None:
        self._write(entries, position, clear=True)

    def close(self) -> None:
        self._connection.close()


def open_copy(path: Path) -> Copy:
    """The copy in this file, which is created if it does not exist. The caller closes it. Raises: CannotFollow."""
    formats: dict[str, Callable[[Path], Copy]] = {".ndjson": NdjsonCopy, ".db": SqliteCopy}
    if path.suffix not in formats:
        raise UnknownCopyFormat(f"{path}: the name of a copy ends in .ndjson or .db.")
    try:
        return formats[path.suffix](path)
    except (OSError, sqlite3.OperationalError) as error:
        raise CannotFollow(f"{path}: cannot be used: {getattr(error, 'strerror', None) or error}.") from None
    except (ValueError, KeyError, TypeError, sqlite3.Error):
        raise CannotFollow(f"{path}: is not a copy that this command has made.") from None


def connect(url: str) -> httpx.Client:
    """A client for the server at this address. The caller closes it. Raises: ValueError, for an invalid address."""
    if not url.startswith(("http://", "https://")):
        raise ValueError("it must begin with http:// or https://")
    try:
        return httpx.Client(base_url=url, timeout=LONG_POLL_SECONDS + 15)
    except httpx.InvalidURL as error:
        raise ValueError(error) from None


def last_position(client: httpx.Client) -> int:
    """The position of the last change. Raises: CannotFollow."""
    try:
        return _parse(_get(client, "changes", limit=1), _head)
    except _ServerUnavailable as error:
        raise CannotFollow(f"{_without_credentials(client.base_url)} does not answer: {error}.") from None


def post(client: httpx.Client, url: str, seconds: float, body: bytes, headers: dict[str, str]) -> str:
    """Sends JSON to a program. Returns the status of its answer, or why there is none."""
    try:
        response = client.post(
            url, content=body, headers={"Content-Type": "application/json", **headers}, timeout=seconds
        )
        return str(response.status_code)
    except httpx.TransportError as error:
        return f"not sent: {error}"


def follow(client: httpx.Client, copy: Copy, report: Callable[[str], None], *, once: bool) -> None:
    """Updates the copy from the log of changes: until it equals what the server shows with `once`, otherwise forever.

    Without `once` a server that does not answer is asked again, after pauses that double each time.
    Raises: CannotFollow.
    """
    pause = 1.0
    while True:
        try:
            finished = _update(client, copy, report, wait=0 if once else LONG_POLL_SECONDS)
            if once and finished:
                return
            pause = 1.0
        except _ServerUnavailable as error:
            if once:
                raise CannotFollow(f"{_without_credentials(client.base_url)} does not answer: {error}.") from None
            report(f"The server does not answer ({error}); asking again in {pause:g} s.")
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def _update(client: httpx.Client, copy: Copy, report: Callable[[str], None], *, wait: int) -> bool:
    """Applies one batch of changes, or starts over from the lists if the log has been trimmed.

    Returns whether the copy has reached the head of the log. Raises: CannotFollow; _ServerUnavailable.
    """
    response = _get(client, "changes", after=copy.position, limit=BATCH_SIZE, wait=wait)
    if response.status_code == 410:
        head = _parse(response, _head)
        report(f"The log no longer reaches back to position {copy.position}: starting over from the lists.")
        copy.replace(_read_lists(client, head), head)
        return False
    entries, head = _parse(response, _changes)
    if entries:
        copy.apply(entries)
    return copy.position >= head


class _ServerUnavailable(Exception):
    """The server does not answer at the moment."""


def _get(client: httpx.Client, path: str, **parameters: str | int) -> httpx.Response:
    """Raises: _ServerUnavailable."""
    try:
        response = client.get(f"/v1/{path}", params=parameters)
    except httpx.TransportError as error:
        raise _ServerUnavailable(str(error) or type(error).__name__) from None
    if response.status_code in {429, 502, 503, 504}:
        raise _ServerUnavailable(f"it answers {response.status_code}")
    return response


def _read_lists(client: httpx.Client, head: int) -> Iterator[Entry]:
    """All that the lists show, as entries of the log.

    What changes while they are read comes again after `head`. Raises: CannotFollow; _ServerUnavailable.
    """
    for noun, id_field, extra_field in LISTS:
        parameters: dict[str, str | int] = {"limit": 100}
        while True:
            entries, cursor = _parse(_get(client, f"{noun}s", **parameters), partial(_list_page, noun, id_field, head))
            if extra_field and entries and "fields" not in parameters:
                # The first page shows which fields a document has; it is read again with all of them.
                parameters["fields"] = ",".join([*entries[0]["document"], extra_field])
                continue
            yield from entries
            if cursor is None:
                break
            parameters["cursor"] = cursor


def _parse(response: httpx.Response, parse: Callable[[Any], Parsed]) -> Parsed:
    """What `parse` makes of the JSON of the response. Raises: CannotFollow, for a refusal, or JSON of another shape."""
    with suppress(ValueError, KeyError, TypeError):
        if response.is_success or response.status_code == 410:
            return parse(from_json(response.content))
    raise CannotFollow(_refusal_message(response))


def _list_page(noun: str, id_field: str, head: int, page: Any) -> tuple[list[Entry], str | None]:
    """The items of a page as entries of the log, and the cursor of the next page."""
    items = page["items"]
    entries = [{"seq": head, "noun": noun, "ref": item[id_field], "document": item} for item in items]
    return [_checked_entry(entry) for entry in entries], page["next"]


def _changes(page: Any) -> tuple[list[Entry], int]:
    """The entries of a page of the log, and the position of the last change."""
    return [_checked_entry(item) for item in page["items"]], _head(page)


def _checked_entry(item: Any) -> Entry:
    """The item. Raises: TypeError, for an item that is not an entry of the log."""
    match item:
        case {"seq": int(), "noun": str(), "ref": str(), "document": dict() | None}:
            return dict(item)
    raise TypeError


def _head(body: Any) -> int:
    head = body["head"]
    if not isinstance(head, int):
        raise TypeError
    return head


def _without_credentials(url: httpx.URL) -> str:
    return str(url.copy_with(userinfo=b""))


def _refusal_message(response: httpx.Response) -> str:
    """What to tell the user about a response that the copy cannot be updated from."""
    try:
        problem = from_json(response.content)
        code, detail = problem["code"], problem["detail"]
        position_in_future = any(fault["code"] == "future" for fault in problem["errors"])
    except (ValueError, KeyError, TypeError):
        url = _without_credentials(response.url)
        return f"{url} answers {response.status_code}. Is it the address of a Dovidka server?"
    if position_in_future:
        return f"The copy is of another server, or this one has lost changes: {detail} Begin a new file."
    return f"{_without_credentials(response.url)} answers {response.status_code} {code}: {detail}"
