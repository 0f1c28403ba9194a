"""Our own clients, each as one file: /client.ts and /client.py, joined from the modules in the folder `clients`."""

import asyncio
import re
from functools import cache
from pathlib import Path
from typing import Final

from fastapi import Depends, FastAPI, Request
from starlette.responses import Response

from app.web.caching import cached_response
from app.web.parameters import strict_query

CLIENTS: Final = Path(__file__).parents[2] / "clients"
TYPESCRIPT_MODULES: Final = "schema types problem transport follow render webhook client".split()
PYTHON_MODULES: Final = (
    "_models _problem _calls _render _webhook _async_transport _async_nouns _async _sync_transport _sync_nouns _sync"
).split()
# What a module takes from others of the client, which stand above it in the file.
_TYPESCRIPT_IMPORT: Final = re.compile(r'^import [^;]*? from "\./[^"]*";\n', re.MULTILINE)
_PYTHON_IMPORT: Final = re.compile(r"^from dovidka_client[\w.]* import (?:\([^)]*\)|[^(\n]*)\n", re.MULTILINE)
_MODELS: Final = re.compile(r"\bmodels\.")
_DOCSTRING: Final = re.compile(r'\A"""(.*?)"""\n', re.DOTALL)


def typescript(version: str) -> bytes:
    """The client for TypeScript. Cost: reads eight files."""
    folder = CLIENTS / "typescript" / "src"
    head = f"// The client of a Dovidka server, version {version}. It has no dependencies. MIT licence.\n"
    modules = [(folder / f"{name}.ts").read_text() for name in TYPESCRIPT_MODULES]
    return "\n".join([head, *(_TYPESCRIPT_IMPORT.sub("", text) for text in modules)]).encode()


def python(version: str) -> bytes:
    """The client for Python. Cost: reads eleven files."""
    folder = CLIENTS / "python" / "dovidka_client"
    head = f'"""The client of a Dovidka server, version {version}, for Python 3.11 and httpx. MIT licence."""\n'
    parts = [head]
    for name in PYTHON_MODULES:
        text = _PYTHON_IMPORT.sub("", (folder / f"{name}.py").read_text())
        # A second docstring would stand before the import of annotations, which must come first.
        parts.append(_MODELS.sub("", _DOCSTRING.sub("", text)))
    return "\n".join(parts).encode()


def install(api: FastAPI) -> None:
    """Serves both files. They change with the server's version alone."""

    @cache
    def typescript_file() -> bytes:
        return typescript(api.version)

    @cache
    def python_file() -> bytes:
        return python(api.version)

    @api.get("/client.ts", include_in_schema=False, dependencies=[Depends(strict_query)])
    async def get_typescript_client(request: Request) -> Response:
        body = await asyncio.to_thread(typescript_file)
        return await cached_response(request, body, media_type="application/typescript")

    @api.get("/client.py", include_in_schema=False, dependencies=[Depends(strict_query)])
    async def get_python_client(request: Request) -> Response:
        body = await asyncio.to_thread(python_file)
        return await cached_response(request, body, media_type="text/x-python")
