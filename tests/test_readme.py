"""The README's first story: every line of it is run, by a shell, against a server."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.commands import ROOT
from tests.conftest import Fresh
from tests.processes import process

README = (ROOT / "README.md").read_text()
SECTION = re.search(r"^## Write your first story\n(.*?)^## ", README, re.DOTALL | re.MULTILINE)
FENCED = r"^```sh\n(.*?)^```"
BLOCKS: list[str] = re.findall(FENCED, SECTION[1] if SECTION else "", re.DOTALL | re.MULTILINE)
# Fails at the first line that fails, and says which block an answer belongs to.
STRICT = "set -euo pipefail\n"
HERE = "echo '### {number}'\n"


def documents(text: str) -> list[Any]:
    """The JSON documents of an output, one behind the other."""
    documents, decoder = [], json.JSONDecoder()
    text = text.strip()
    while text:
        document, end = decoder.raw_decode(text)
        documents.append(document)
        text = text[end:].strip()
    return documents


@pytest.fixture
def printed(fresh: Fresh, tmp_path: Path) -> Iterator[list[list[Any]]]:
    """What the lines of each block print. The shell stands where a reader does, beside `.venv` and the data."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    with fresh() as url, process(url) as (_, port):
        script = STRICT + "".join(HERE.format(number=n) + block for n, block in enumerate(BLOCKS))
        environment = {**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
        run = subprocess.run(
            ["bash", "-c", script.replace("localhost:8000", f"127.0.0.1:{port}")],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert run.returncode == 0, run.stdout[-2_000:] + run.stderr
        assert "localhost:8000" in script
        yield [documents(part.partition("\n")[2]) for part in run.stdout.split("### ")[1:]]


def test_the_first_story_is_written_as_the_readme_says(printed: list[list[Any]]) -> None:
    key, ground, first, second, end = printed
    assert key == []
    assert [document.get("slug") for document in ground] == ["vera-lamp", "lighthouse", "the-old-lamp", "the-old-lamp"]
    assert ground[-1]["status"] == "published"

    drafted, changed, preview, published, public = first
    assert (drafted["slug"], drafted["status"], drafted["revision"]) == ("the-lamp-is-lit-again", "draft", 1)
    assert (changed["kicker"], changed["revision"]) == ("Harbour", 2)
    assert preview["url"].startswith("/v1/previews/")
    assert (published["status"], published["revision"]) == ("published", 3)
    assert public["headline"] == "The lamp is lit again"
    assert [[*public["included"][noun]] for noun in ("tags", "sources", "notes")] == [
        ["lighthouse"],
        ["vera-lamp"],
        ["the-old-lamp"],
    ]

    copied, draft, again, corrected, difference = second
    assert [document["headline"] for document in (copied, draft, again)] == ["The lamp is lit again, and turns"] * 3
    assert [copied["status"], again["status"]] == ["draft", "published"]
    assert [document["text"] for document in corrected["corrections"]] == ["The lens began to turn at seven."]
    assert {"kicker", "headline"} <= {document["field"] for document in difference["fields"]}

    withdrawn, gone = end
    assert withdrawn["status"] == "withdrawn"
    assert (gone["status"], gone["reason"]) == (410, "error")
    assert gone["public_note"] == "The lamp was lit a day later than we wrote."


def test_a_line_that_fails_is_found_out(tmp_path: Path) -> None:
    """What the fixture rests on: the shell stops at the first refusal."""
    script = STRICT + "desk() { curl -sS --fail-with-body 127.0.0.1:1/; echo; }\ndesk\necho reached\n"
    run = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert (run.returncode != 0, "reached" in run.stdout) == (True, False)
