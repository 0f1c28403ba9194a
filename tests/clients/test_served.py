"""The clients as a server serves them, each as one file: they compile strictly, and read that server."""

from tests.clients.conftest import Newsroom, Workshop

STRICTLY = ("--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--target", "es2022")
LIBRARIES = ("--module", "nodenext", "--lib", "es2023,dom,dom.iterable,dom.asynciterable")


def test_the_file_for_typescript_compiles_and_runs(workshop: Workshop, newsroom: Newsroom) -> None:
    (workshop.folder / "client.mts").write_bytes(newsroom.get("/client.ts"))
    (workshop.folder / "page.mts").write_text(
        'import { createClient, renderBlocks } from "./client.mjs";\n'
        f'const api = createClient("{newsroom.url}");\n'
        'const { body } = await api.articles.get("the-tram-that-carries-nobody", { fields: ["body"] });\n'
        "console.log(renderBlocks(body));\n"
    )

    workshop.node("tsc", *STRICTLY, *LIBRARIES, "page.mts")

    assert workshop.node("page.mjs").startswith('<p id="block-b1">Car 09 has no seats')


def test_the_file_for_python_is_typed_and_runs(workshop: Workshop, newsroom: Newsroom) -> None:
    (workshop.folder / "client.py").write_bytes(newsroom.get("/client.py"))
    (workshop.folder / "page.py").write_text(
        "from client import Client, render_blocks\n"
        f'with Client("{newsroom.url}") as api:\n'
        '    print(render_blocks(api.articles.get("the-tram-that-carries-nobody")["body"]))\n'
    )

    workshop.python("mypy", "--strict", "--config-file=", "--cache-dir=/dev/null", "client.py", "page.py")

    assert workshop.python("python", "page.py").startswith('<p id="block-b1">Car 09 has no seats')
