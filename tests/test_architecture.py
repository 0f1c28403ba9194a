"""Who may import whom, as ARCHITECTURE.md has it. Read from the source, so that imports inside functions count too."""

import ast
import re
from pathlib import Path

import pytest

APP = Path(__file__).parent.parent / "app"
FILES = {str(path.relative_to(APP)): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(APP.rglob("*.py"))}
ASSEMBLY = {"main", "commands", "operations", "__init__"}
NOUNS = ["tags", "sources", "notes", "articles"]
TOOLS = ["ticker", "importers", "search", "feeds", "webhooks", "reader"]
# Each part, with all that it may import; what is not named here may import nothing of ours.
BELOW: dict[str, set[str]] = {"errors": set(), "settings": set(), "follow": set()}
BELOW["web"] = BELOW["db"] = {"errors", "settings"}
BELOW["outbound"] = set()
BELOW["__main__"] = {"commands"}
BELOW["deps"] = {"web", "db", *BELOW["web"]}
BELOW["content"] = {"web", *BELOW["web"]}
BELOW["changes"] = {"content", "deps", *BELOW["deps"]}
BELOW["keys"] = {"changes", *BELOW["changes"]}
BELOW |= {noun: {"changes", *BELOW["changes"], *NOUNS[:place]} for place, noun in enumerate(NOUNS)}
BELOW |= {tool: {"changes", *BELOW["changes"], *NOUNS, "keys", "outbound"} for tool in TOOLS}
LAYERS = ["schemas", "models", "store", "routes"]
SQL = {"sqlalchemy", "asyncpg", "sqlite3", "aiosqlite", "alembic"}
HTTP = {"fastapi", "starlette", "uvicorn", "httpx"}
DIALECT = re.compile(r"sqlite|postgres", re.IGNORECASE)
KNOW_DIALECTS = tuple(
    "db/ changes/store.py changes/models.py search/ importers/store.py settings.py commands/serve.py".split()
)


def imported(path: str) -> set[str]:
    """Dotted names of all that the file imports."""
    found: set[str] = set()
    for node in ast.walk(FILES[path]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None, f"{path}:{node.lineno}: a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def ours(path: str, prefix: str = "app") -> set[str]:
    """The parts of the package that the file imports."""
    return {name.removeprefix(f"{prefix}.").split(".")[0] for name in imported(path) if name.startswith(f"{prefix}.")}


def theirs(path: str) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def test_a_part_imports_only_what_stands_below_it() -> None:
    parts = {path: path.split("/")[0].removesuffix(".py") for path in FILES}
    assert {*parts.values()} - ASSEMBLY <= {*BELOW}
    wrong = {path: ours(path) - BELOW[part] - {part} for path, part in parts.items() if part not in ASSEMBLY}
    assert not {path: found for path, found in wrong.items() if found}


def test_only_the_command_line_imports_the_assembly() -> None:
    importing = {top: {path for path in FILES if top in ours(path)} for top in ("main", "commands", "__main__")}
    commands = {path for path in FILES if path.startswith("commands/")}
    assert importing["main"] == {"commands/serve.py"}
    assert importing["commands"] <= {"__main__.py", *commands}
    assert importing["__main__"] == set()


def test_inside_a_noun_imports_go_from_routes_to_store_to_models_to_schemas() -> None:
    wrong = {
        f"{noun}/{layer}.py": ours(f"{noun}/{layer}.py", f"app.{noun}") & {*LAYERS[place + 1 :]}
        for noun in [*NOUNS, "keys", "webhooks"]
        for place, layer in enumerate(LAYERS)
    }
    assert not {path: found for path, found in wrong.items() if found}


def test_http_and_sql_are_strangers() -> None:
    served = [path for path in FILES if path.startswith("web/") or path.endswith("/routes.py")]
    stored = [path for path in FILES if path.startswith("db/") or path.endswith(("/store.py", "/models.py"))]
    wrong = {path: theirs(path) & SQL for path in served} | {path: theirs(path) & HTTP for path in stored}
    assert not {path: found for path, found in wrong.items() if found}


def test_requests_leave_by_one_door() -> None:
    """RELIABILITY.md 54: addresses are checked in one place, so nothing else of the server may open connections of its
    own. `follow` is a client of a server, run where its user runs it."""
    clients = {"httpx", "httpcore", "urllib.request", "http.client", "aiohttp", "requests"}
    wrong = {path: {name for name in imported(path) if any(f"{name}.".startswith(f"{one}.") for one in clients)}
             for path in FILES}  # fmt: skip
    assert {path for path, found in wrong.items() if found} == {"outbound.py", "follow.py"}


def test_only_few_files_know_which_database_they_talk_to() -> None:
    wrong = [
        f"{path}:{node.lineno}"
        for path, tree in FILES.items()
        if not path.startswith(KNOW_DIALECTS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and DIALECT.search(str(node.value)) and node.value != "sqlite_with_rowid"
    ]
    assert not wrong


@pytest.mark.parametrize("name", "utils helpers common core base service services manager".split())
def test_nothing_has_a_name_that_says_nothing(name: str) -> None:
    assert not [path for path in FILES if name in path.removesuffix(".py").split("/")]
