"""Who may import whom, for every file and through any chain. Read from the source: imports in functions count too."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import pytest

APP: Final = Path(__file__).parent.parent / "app"

# Lowest first: a room imports from lower lines only. Rooms of one line are strangers to each other.
LAYERS: Final = [
    {"errors", "settings", "paging", "about", "logs", "metrics", "outbound", "follow"},
    {"web", "db"},
    {"content", "deps"},
    {"words"},
    {"changes", "formats"},
    {"lists", "index"},
    {"publishing"},
    {"tags", "sources", "notes", "articles", "collections", "keys"},
    {"search"},
    {"importers", "webhooks", "ticker", "reindex", "site", "checking", "agents"},
    {"main", "commands", "operations"},
]
LEVELS: Final = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
# But a noun may import those to its left.
NOUNS: Final = ["tags", "sources", "notes", "articles", "collections"]
# The assembly sees everything, and is seen by the command line alone.
ASSEMBLY: Final = {
    "main.py": {"operations"},
    "commands/serve.py": {"main"},
    "__main__.py": {"commands"},
    # Formats know documents alone; their routes read those of every noun.
    "formats/routes.py": {"changes", "publishing", *NOUNS},
    "formats/feed_routes.py": {"changes", *NOUNS},
    "formats/sitemap_routes.py": {"articles"},
}
# Inside these rooms, each of these files imports only those to its left.
ALIKE: Final = [*NOUNS, "keys", "webhooks"]
FILES: Final = ["schemas", "models", "store", "desk", "routes"]

HTTP: Final = {"fastapi", "starlette", "uvicorn", "mcp", "mcp_types"}
SERVING: Final = {"web", "deps", "main", "commands", "operations", "site", "agents", "__main__"}
# Those in `web` that hold plain data and rules.
PURE: Final = [
    f"web/{name}.py"
    for name in (
        "fields",
        "faults",
        "strict_json",
        "queries",
        "query_strings",
        "spans",
        "merging",
        "caller",
        "explanations",
        "signing",
        "freshness",
        "kept_answers",
        "positions",
        "purge_keys",
    )
]
SQL: Final = {"sqlalchemy", "asyncpg", "sqlite3", "aiosqlite", "alembic"}
CLIENTS: Final = {"httpx", "httpcore", "urllib.request", "http.client", "aiohttp", "requests"}
# `follow` is a client of a server, run where its user runs it.
DOORS: Final = {"outbound.py", "follow.py"}
DIALECT: Final = re.compile("sqlite|postgres", re.IGNORECASE)
KNOW_DIALECTS: Final = ("db/", "index/", "settings.py", "commands/serve.py", "commands/backup.py")
# What a table is declared with for one database is no knowledge of which it is kept in.
OPTIONS_OF_TABLES: Final = {"sqlite_with_rowid", "sqlite_where", "postgresql_where", "postgresql"}
EMPTY_NAMES: Final = {"utils", "helpers", "common", "core", "base", "service", "services", "manager"}


@dataclass(frozen=True)
class Tree:
    """Source files by their paths below `app`."""

    sources: dict[str, str]

    @cached_property
    def parsed(self) -> dict[str, ast.Module]:
        return {path: ast.parse(source) for path, source in self.sources.items()}

    @cached_property
    def imports(self) -> dict[str, set[str]]:
        """Dotted names of all that each file imports."""
        return {path: set(_imported(module)) for path, module in self.parsed.items()}

    @cached_property
    def ours(self) -> dict[str, set[str]]:
        """The files of the tree that run when a file is imported, but through others: packages run before modules."""
        return {
            path: {file for name in names for file in self.files_of(name)} - {path}
            for path, names in self.imports.items()
        }

    def files_of(self, name: str) -> Iterator[str]:
        """The files that `import name` runs: `app.web.pages.Page` is app, app.web and app.web.pages."""
        top, *parts = name.split(".")
        if top == "app":
            for end in range(len(parts) + 1):
                place = "/".join(parts[:end])
                yield from {f"{place}.py", f"{place}/__init__.py".lstrip("/")} & {*self.sources}

    def chain(self, start: str, strangers: set[str]) -> list[str]:
        """The shortest way from a file to a package of these, or nothing."""
        ways, reached = [[start]], {start}
        for way in ways:
            if stranger := sorted({name.split(".")[0] for name in self.imports[way[-1]]} & strangers):
                return [*way, stranger[0]]
            for file in sorted(self.ours[way[-1]] - reached):
                reached.add(file)
                ways.append([*way, file])
        return []


def _imported(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"line {node.lineno}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(path: str) -> str:
    return path.split("/")[0].removesuffix(".py")


def may_import(path: str, target: str) -> bool:
    """Whether a file may import another by the order of their rooms."""
    here, there = room(path), room(target)
    if here == there or there == "__init__" or there in ASSEMBLY.get(path, ()):
        return True
    if here in NOUNS and there in NOUNS:
        return NOUNS.index(there) < NOUNS.index(here)
    return there in LEVELS and LEVELS.get(here, -1) > LEVELS[there]


# --- the rules: each names what breaks it -----------------------------------------------------------------------


def files_without_a_room(tree: Tree) -> list[str]:
    return [path for path in tree.sources if room(path) not in {*LEVELS, "__main__", "__init__"}]


def imports_of_other_rooms(tree: Tree) -> list[str]:
    return [
        f"{path} imports {target}"
        for path, targets in tree.ours.items()
        for target in sorted(targets)
        if not may_import(path, target)
    ]


def imports_against_the_order_of_files(tree: Tree) -> list[str]:
    return [
        f"{path} imports {target}"
        for folder in ALIKE
        for place, name in enumerate(FILES)
        if (path := f"{folder}/{name}.py") in tree.sources
        for target in sorted(tree.ours[path] & {f"{folder}/{behind}.py" for behind in FILES[place + 1 :]})
    ]


def ways_to_http(tree: Tree) -> list[str]:
    """Of files that are not there to serve, through any chain of imports."""
    innocent = [path for path in tree.sources if room(path) not in SERVING and not path.endswith("routes.py")]
    innocent += [path for path in PURE if path in tree.sources]
    return [" -> ".join(way) for path in innocent if (way := tree.chain(path, HTTP))]


def sql_in_http_and_http_in_sql(tree: Tree) -> list[str]:
    wrong = []
    for path, names in tree.imports.items():
        strangers: set[str] = set()
        if path.startswith("web/") or path.endswith("routes.py"):
            strangers = SQL
        elif path.startswith("db/") or path.endswith(("/store.py", "/models.py")):
            strangers = HTTP | {"httpx"}
        wrong += [f"{path} imports {name}" for name in sorted(names) if name.split(".")[0] in strangers]
    return wrong


def doors(tree: Tree) -> list[str]:
    """Files that may send requests to other servers."""
    return [
        path
        for path, names in tree.imports.items()
        if any(f"{name}.".startswith(f"{client}.") for name in names for client in CLIENTS)
    ]


def second_doors(tree: Tree) -> list[str]:
    """Addresses are checked in one place, so nothing else of the server may open connections of its own."""
    return [path for path in doors(tree) if path not in DOORS]


def dialects_out_of_place(tree: Tree) -> list[str]:
    """Where a string or the name of an option names a database, and nobody should know which it is."""
    return [
        f"{path}:{line}: {text[:60]}"
        for path, module in tree.parsed.items()
        if not path.startswith(KNOW_DIALECTS)
        for line, text in _words(module)
        if DIALECT.search(text) and not (path.endswith("models.py") and text in OPTIONS_OF_TABLES)
    ]


def _words(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of each string, and of each name that an argument is passed by."""
    for node in ast.walk(module):
        if isinstance(node, ast.Constant):
            yield node.lineno, str(node.value)
        elif isinstance(node, ast.keyword) and node.arg is not None:
            yield node.lineno, node.arg


def nouns_by_name(tree: Tree) -> list[str]:
    """Where the log, or the lists, know a noun by its name. The types of their tables may list them all."""
    names = {noun.removesuffix("s") for noun in NOUNS}
    wrong = []
    for path, module in tree.parsed.items():
        if room(path) not in {"changes", "lists"}:
            continue
        literals = {
            part
            for node in ast.walk(module)
            if path.endswith("/models.py") and isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Literal"
            for part in ast.walk(node)
        }
        wrong += [
            f"{path}:{node.lineno}: {node.value!r}"
            for node in ast.walk(module)
            if isinstance(node, ast.Constant) and node.value in names and node not in literals
        ]
    return wrong


def names_that_say_nothing(tree: Tree) -> list[str]:
    return [path for path in tree.sources if EMPTY_NAMES & {*path.removesuffix(".py").split("/")}]


Rule = Callable[[Tree], list[str]]
RULES: Final[list[Rule]] = [
    files_without_a_room,
    imports_of_other_rooms,
    imports_against_the_order_of_files,
    ways_to_http,
    sql_in_http_and_http_in_sql,
    second_doors,
    dialects_out_of_place,
    nouns_by_name,
    names_that_say_nothing,
]


@pytest.fixture(scope="module")
def ours() -> Tree:
    return Tree({str(path.relative_to(APP)): path.read_text(encoding="utf-8") for path in sorted(APP.rglob("*.py"))})


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_application_breaks_no_rule(ours: Tree, rule: Rule) -> None:
    assert rule(ours) == []


def test_every_file_and_import_is_looked_at(ours: Tree) -> None:
    assert {"main.py", "web/__init__.py", "articles/routes.py", "importers/page/__init__.py"} <= {*ours.sources}
    assert {"articles/desk.py", "articles/__init__.py", "db/database.py"} <= reached_from(ours, "main.py")
    assert ours.chain("main.py", SQL)[-1] == "sqlalchemy"


def reached_from(tree: Tree, start: str) -> set[str]:
    reached, left = {start}, [start]
    while left:
        new = tree.ours[left.pop()] - reached
        reached |= new
        left += new
    return reached


def test_the_doors_are_there_and_used(ours: Tree) -> None:
    assert {*doors(ours)} == DOORS


# --- each rule can fail -----------------------------------------------------------------------------------------

# A small application in which all is as it should be.
SOUND: Final = {
    "__init__.py": "",
    "__main__.py": "from app.commands.serve import serve",
    "errors.py": "class Refusal(Exception): ...",
    "paging.py": "from dataclasses import dataclass",
    "settings.py": 'URL = "sqlite:///dovidka.db"',
    "outbound.py": "import httpx",
    "web/__init__.py": "",
    "web/fields.py": "from app.errors import Refusal",
    "web/pages.py": "from starlette.responses import Response\nfrom app.paging import Position",
    "db/__init__.py": "from app.db.database import Database",
    "db/database.py": 'import sqlalchemy\nKIND = "postgresql"',
    "deps.py": "from fastapi import Depends\nfrom app.db import Database",
    "content/html.py": "from app.web.fields import check_text",
    "words/names.py": "from app.content import languages",
    "changes/models.py": 'from typing import Literal\nNoun = Literal["article", "note"]',
    "articles/models.py": "Index(sqlite_where=None)",
    "changes/log.py": "from app.db import Database\nfrom app.changes import models",
    "changes/history_routes.py": "from app.deps import Read",
    "lists/store.py": "from app.changes import log",
    "publishing/release.py": "from app.lists import store",
    "tags/models.py": "from app.db import Base",
    "tags/store.py": "from app.tags import models",
    "notes/store.py": "from app.tags import store",
    "notes/desk.py": "from app.notes import store",
    "notes/routes.py": "from fastapi import APIRouter\nfrom app.notes import desk",
    "keys/store.py": "from app.changes import log",
    "ticker.py": "from app.notes import desk",
    "operations.py": "from fastapi import FastAPI",
    "commands/serve.py": "def serve():\n    import uvicorn\n    from app.main import create_app",
    "main.py": "from app import operations\nfrom app.notes.routes import router",
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_sound_application_breaks_no_rule(rule: Rule) -> None:
    assert rule(Tree(SOUND)) == []


# What is put into it, the rule that it breaks, and what the rule names.
BROKEN: Final[list[tuple[str, str, Rule, str]]] = [
    ("misc/a.py", "", files_without_a_room, "misc/a.py"),
    ("things.py", "", files_without_a_room, "things.py"),
    ("tags/store.py", "from app.notes import store", imports_of_other_rooms, "notes/store.py"),
    ("tags/store.py", "from app.keys.store import x", imports_of_other_rooms, "keys/store.py"),
    ("keys/store.py", "import app.tags.store", imports_of_other_rooms, "tags/store.py"),
    ("changes/log.py", "from app.notes.store import get", imports_of_other_rooms, "notes/store.py"),
    ("changes/log.py", "from app.lists.store import add", imports_of_other_rooms, "lists/store.py"),
    ("lists/store.py", "def f():\n    import app.tags.store", imports_of_other_rooms, "tags/store.py"),
    ("lists/store.py", "from app.publishing import release", imports_of_other_rooms, "publishing/release.py"),
    ("publishing/release.py", "from app.tags import store", imports_of_other_rooms, "tags/store.py"),
    ("content/html.py", "from app.changes import log", imports_of_other_rooms, "changes/log.py"),
    ("content/html.py", "from app.tags import store", imports_of_other_rooms, "tags/store.py"),
    ("content/html.py", "from app.words import names", imports_of_other_rooms, "words/names.py"),
    ("words/names.py", "from app.changes import log", imports_of_other_rooms, "changes/log.py"),
    ("words/names.py", "from fastapi import Query", ways_to_http, "fastapi"),
    ("content/html.py", "from app.deps import Read", imports_of_other_rooms, "deps.py"),
    ("web/pages.py", "import app.db.database", imports_of_other_rooms, "db/database.py"),
    ("db/database.py", "from app.web.fields import x", imports_of_other_rooms, "web/fields.py"),
    ("webhooks/deliver.py", "from app import ticker", imports_of_other_rooms, "ticker.py"),
    ("errors.py", "from app.settings import URL", imports_of_other_rooms, "settings.py"),
    ("ticker.py", "from app.main import create_app", imports_of_other_rooms, "main.py"),
    ("commands/openapi.py", "from app.main import create_app", imports_of_other_rooms, "main.py"),
    ("main.py", "from app.commands.serve import serve", imports_of_other_rooms, "commands/serve.py"),
    ("notes/store.py", "from app.notes.desk import publish", imports_against_the_order_of_files, "notes/desk.py"),
    ("tags/models.py", "from app.tags import store", imports_against_the_order_of_files, "tags/store.py"),
    ("notes/desk.py", "import fastapi.routing", ways_to_http, "fastapi"),
    ("notes/desk.py", "from mcp.server import Server", ways_to_http, "mcp"),
    ("notes/desk.py", "from app.changes.history_routes import x", ways_to_http, "changes/history_routes.py -> deps.py"),
    ("web/__init__.py", "import starlette", ways_to_http, "content/html.py -> web/__init__.py -> starlette"),
    ("web/signing.py", "from app.web.pages import page", ways_to_http, "web/pages.py -> starlette"),
    ("changes/history_routes.py", "from sqlalchemy import select", sql_in_http_and_http_in_sql, "sqlalchemy.select"),
    ("tags/store.py", "from httpx import get", sql_in_http_and_http_in_sql, "httpx.get"),
    ("ticker.py", "from urllib.request import urlopen", second_doors, "ticker.py"),
    ("tags/store.py", 'if dialect == "postgresql": ...', dialects_out_of_place, ":1: postgresql"),
    ("tags/store.py", "Index(sqlite_where=1)", dialects_out_of_place, ":1: sqlite_where"),
    ("tags/models.py", 'URL = "sqlite://"', dialects_out_of_place, ":1: sqlite://"),
    ("changes/log.py", 'if noun == "article": ...', nouns_by_name, ":1: 'article'"),
    ("changes/log.py", 'X = Literal["note"]', nouns_by_name, ":1: 'note'"),
    ("changes/models.py", 'WHERE = text("source")', nouns_by_name, ":1: 'source'"),
    ("lists/store.py", 'NAMES = {"tag": 1}', nouns_by_name, ":1: 'tag'"),
    ("notes/utils.py", "", names_that_say_nothing, "notes/utils.py"),
    ("common/a.py", "", names_that_say_nothing, "common/a.py"),
]


@pytest.mark.parametrize(("path", "source", "rule", "named"), BROKEN)
def test_what_breaks_a_rule_is_named(path: str, source: str, rule: Rule, named: str) -> None:
    wrong = rule(Tree(SOUND | {path: source}))
    assert [line for line in wrong if path in line and named in line]


def test_every_rule_is_seen_to_fail() -> None:
    assert {rule for _, _, rule, _ in BROKEN} == {*RULES}


def test_a_relative_import_is_refused() -> None:
    with pytest.raises(AssertionError, match="relative"):
        _ = Tree({"web/a.py": "from . import b"}).imports
