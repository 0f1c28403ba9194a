"""/client.ts and /client.py: our own clients, each as one file. That they compile is tested in tests/clients."""

import json
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from httpx import AsyncClient

import app
from app.web.clients import CLIENTS, PYTHON_MODULES, TYPESCRIPT_MODULES

PATHS = ["/client.ts", "/client.py"]


@pytest.mark.parametrize(
    ("path", "media_type"), [("/client.ts", "application/typescript"), ("/client.py", "text/x-python")]
)
async def test_a_client_is_one_cacheable_file_with_its_version(api: AsyncClient, path: str, media_type: str) -> None:
    answer = await api.get(path)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(media_type)
    assert f"version {app.__version__}" in answer.text.partition("\n")[0]
    assert answer.headers["cache-control"].startswith("public")
    again = await api.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert (await api.get(path, params={"v": "1"})).status_code == 422


async def test_the_reference_names_the_clients(api: AsyncClient) -> None:
    description = (await api.get("/openapi.json")).json()["info"]["description"]

    assert all(f"]({path})" in description for path in PATHS)


async def test_the_file_for_python_is_the_client(api: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("client")
    monkeypatch.setitem(sys.modules, "client", module)

    exec(compile((await api.get("/client.py")).text, "client.py", "exec"), module.__dict__)

    assert {"Client", "AsyncClient", "Problem", "render_blocks", "verify_webhook"} <= vars(module).keys()
    with module.Client("http://127.0.0.1:9") as client, pytest.raises(module.Problem, match="does not answer"):
        client.articles.list(limit=1)


def test_every_module_of_a_client_is_in_its_file() -> None:
    python = {path.stem for path in (CLIENTS / "python/dovidka_client").glob("*.py")}
    typescript = {path.stem for path in (CLIENTS / "typescript/src").glob("*.ts")}

    assert python == {*PYTHON_MODULES, "__init__"}
    assert typescript == {*TYPESCRIPT_MODULES, "index"}


def test_the_packages_have_the_version_of_the_server() -> None:
    python = tomllib.loads((CLIENTS / "python/pyproject.toml").read_text())["project"]
    typescript = json.loads((CLIENTS / "typescript/package.json").read_text())

    assert python["version"] == typescript["version"] == app.__version__
    assert Path(CLIENTS / "python/dovidka_client/py.typed").exists()
