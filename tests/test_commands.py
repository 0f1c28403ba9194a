"""The command line: what it prints, what it exits with, and a server that really runs."""

import asyncio
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from pydantic_core import to_json
from typer.testing import Result

from app.db import Database, migrate
from tests import sql
from tests.commands import ROOT, invoke
from tests.conftest import SAMPLE, Fresh
from tests.contents import head
from tests.factories import Line, article, article_id, tag
from tests.processes import START_SECONDS, wait_for

COMMANDS: Final = (
    "serve",
    "migrate",
    "backup",
    "restore",
    "check",
    "seed",
    "import",
    "export",
    "follow",
    "listen",
    "openapi",
    "import ndjson",
    "import page",
    "export ndjson",
    "export ninjs",
    "export markdown",
    "key",
    "key create",
    "key list",
    "key revoke",
)
Run = Callable[..., Result]


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in this process: `run("import", "ndjson", path)`; the database is this test's own.

    What serves takes any free port: 8000 may be in use.
    """
    monkeypatch.setenv("PORT", "0")

    def run(*arguments: str | Path, url: str = database_url) -> Result:
        return invoke(url, *arguments)

    return run


def position(url: str) -> tuple[int, int]:
    async def ask() -> tuple[int, int]:
        database = Database(url)
        position = await head(database)
        await database.close()
        return position

    return asyncio.run(ask())


def write(path: Path, *lines: Line | bytes) -> Path:
    path.write_bytes(b"".join((line if isinstance(line, bytes) else to_json(line)) + b"\n" for line in lines))
    return path


# --- help and usage ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    result = invoke("", *command.split(), "--help")

    assert result.exit_code == 0
    assert "Usage:" in result.stdout
    assert len(result.stdout.split()) > 15


def test_the_help_names_commands_and_exit_codes() -> None:
    text = " ".join(invoke("", "--help").stdout.split())

    assert "0 done, 1 something was refused" in re.sub(r"[│╭╮╰╯─]", "", text).replace("  ", " ")
    for command in ("serve", "migrate", "seed", "key", "import", "export", "openapi"):
        assert command in text


@pytest.mark.parametrize(
    "arguments",
    [
        *("nonsense", "import", "import --nonsense file", "import ndjson", "serve --nonsense"),
        "import page --published soon x",
        *("follow localhost:8000 --to copy.db", "follow http://localhost:8000 --to copy.csv"),
    ],
)
def test_wrong_usage_exits_with_two(run: Run, arguments: str) -> None:
    assert run(*arguments.split()).exit_code == 2


@pytest.mark.parametrize("url", ["", "dovidka.db", "sqlite://x.db", "sqlite:///:memory:", "mysql://u:secret@h/n"])
def test_a_database_url_of_another_form_exits_with_two(run: Run, url: str) -> None:
    result = run("migrate", url=url)

    assert result.exit_code == 2
    assert "it must be sqlite:///relative.db, sqlite:////absolute.db or postgresql://" in result.stderr
    assert "secret" not in result.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("TIMEZONE", "Kyiv"),
        ("LOG_LEVEL", "loud"),
        ("CORS_ORIGINS", "news.example"),
        ("SITE_PREVIEW_URL", "/preview"),
    ],
)
def test_a_setting_that_is_wrong_is_named(run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    result = run("migrate")

    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {name}: ")


# --- databases that cannot be used ---------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["serve", "import", "export", "seed", "import page", "key"])
def test_each_command_says_what_is_wrong_with_the_database(
    run: Run, fresh: Fresh, database_url: str, tmp_path: Path, command: str
) -> None:
    lines = write(tmp_path / "lines.ndjson", tag("rivers"))
    arguments: tuple[str | Path, ...] = {
        "import": ("import", "ndjson", lines),
        "export": ("export", "ndjson", tmp_path / "out"),
        "import page": ("import", "page", lines),
        "key": ("key", "list"),
    }.get(command, (command,))

    asyncio.run(sql.execute(database_url, "UPDATE alembic_version SET version_num = '20991231_2359'"))
    result = run(*arguments)
    assert (result.exit_code, "migrated by a newer release of Dovidka" in result.stderr) == (3, True), result.output

    away = run(*arguments, url="postgresql://u:secret@127.0.0.1:1/none")
    assert (away.exit_code, "does not answer" in away.stderr) == (3, True), away.output
    assert "secret" not in away.output

    broken = tmp_path / "README.md"
    broken.write_text("# Not a database\n" * 100)
    result = run(*arguments, url=f"sqlite:///{broken}")
    assert result.exit_code == 3, result.output
    assert broken.read_text() == "# Not a database\n" * 100

    if command != "serve" or database_url.startswith("postgresql"):  # which makes a new file itself
        with fresh(False) as empty:
            result = run(*arguments, url=empty)
        assert (result.exit_code, "python -m app migrate" in result.stderr) == (3, True), result.output
    assert not (tmp_path / "out").exists()


def test_a_refused_database_url_leaves_no_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "none.db"

    assert run("import", "ndjson", *SAMPLE, url=f"sqlite:///{path}").exit_code == 3
    assert not path.exists()


# --- import and export -------------------------------------------------------------------------------------------


def test_good_files_are_imported_beside_bad_ones(run: Run, database_url: str, tmp_path: Path) -> None:
    good = write(tmp_path / "good.ndjson", tag("rivers"), article("flood", tags=["rivers"]))
    bad = write(tmp_path / "bad[1].ndjson", tag("lakes"), b"{", article("a", tags=["[red]none[/red]"]))
    empty, missing = write(tmp_path / "empty.ndjson"), tmp_path / "missing.ndjson"

    result = run("import", "ndjson", bad, empty, missing, tmp_path, good)

    assert result.exit_code == 1
    assert f"error: {bad}:2: is not JSON" in result.stderr
    assert f"error: {bad}:3: /tags/0 " in result.stderr
    assert f"error: {empty}:1: the file is empty" in result.stderr
    assert f"error: {missing}: cannot be read: No such file or directory" in result.stderr
    assert f"error: {tmp_path}: cannot be read: Is a directory" in result.stderr
    assert f"{good}: 2 created" in result.stderr
    assert f"{bad}: 1 created, 2 refused" in result.stderr
    assert position(database_url)[0] == 3


def test_importing_again_says_unchanged_and_exits_with_nought(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "good.ndjson", tag("rivers"))

    first, second = run("import", "ndjson", path), run("import", "ndjson", path)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert f"{path}: 1 unchanged" in second.stderr


def test_a_relation_to_nothing_is_named_with_file_and_line(run: Run, tmp_path: Path) -> None:
    nothing = {"relation": "background", "article": article_id("nothing")}
    path = write(tmp_path / "f.ndjson", tag("rivers"), article("flood", relations=[nothing]))

    result = run("import", "ndjson", path)

    assert result.exit_code == 1
    assert f"{path}:2: relates to the article {article_id('nothing')}, which is not there" in result.stderr


def test_many_faults_are_counted_and_not_all_shown(run: Run, tmp_path: Path) -> None:
    result = run("import", "ndjson", write(tmp_path / "f.ndjson", *[b"{"] * 50))

    assert result.stderr.count("is not JSON") == 20
    assert "and 30 more of this kind" in result.stderr


def test_a_dry_run_of_documents_finds_what_an_import_would_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    lines = (
        tag("rivers"),
        article("flood", tags=["rivers"]),
        article("ebb", tags=["nowhere"]),
        article("dam", relations=[{"relation": "background", "article": article_id("nothing")}]),
        article("flood", tags=["rivers"], headline="A second state of the same story"),
    )
    path = write(tmp_path / "archive.ndjson", *(json.dumps(line).encode() for line in lines))
    empty = run("export", "ndjson", "-").stdout_bytes

    rehearsed = run("import", "ndjson", "--dry-run", path)
    recognised = run("import", "--dry-run", path)
    left = run("export", "ndjson", "-").stdout_bytes
    done = run("import", "ndjson", path)

    assert (rehearsed.exit_code, left) == (1, empty)
    assert "3 created, 1 updated, 1 refused (nothing was written: a dry run)" in rehearsed.stderr
    assert rehearsed.stderr.replace(" (nothing was written: a dry run)", "") == done.stderr
    assert done.stderr in recognised.stderr.replace(" (nothing was written: a dry run)", "")


def test_what_is_there_stays_where_an_import_only_creates(run: Run, tmp_path: Path) -> None:
    old = write(tmp_path / "old.ndjson", *(json.dumps(each).encode() for each in (tag("rivers"), article("flood"))))
    lines = (tag("rivers", labels={"en": "Streams"}), article("flood", headline="Changed"), article("ebb"))
    new = write(tmp_path / "new.ndjson", *(json.dumps(line).encode() for line in lines))
    assert run("import", "ndjson", old).exit_code == 0
    before = run("export", "ndjson", "-").stdout_bytes.splitlines()

    result = run("import", "ndjson", "--create-only", new)

    after = run("export", "ndjson", "-").stdout_bytes.splitlines()
    assert result.exit_code == 0
    assert "1 created, 2 unchanged" in result.stderr
    assert f"warning: {new}:1: the tag rivers is there already, and stays as it is" in result.stderr
    assert f"{new}:2: the article {article_id('flood')} is there already" in result.stderr
    assert [line for line in after if json.loads(line)["slug"] != "ebb"] == before


PAGE: Final = "Ferry returns\n\nThe ferry sailed again on Saturday, after a year in the dock.\n"


def test_a_folder_of_pages_is_imported_and_each_refused_file_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "good[red].TXT").write_text(PAGE)
    (tmp_path / "bare.txt").write_text("Ferry returns\n")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    (tmp_path / "round").symlink_to(tmp_path)
    (tmp_path / "folder.txt").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")

    result = run("import", "page", tmp_path, "--report", "json")

    files = {Path(file["file"]).name: (file["articles"], file["errors"]) for file in json.loads(result.stdout)["files"]}
    assert result.exit_code == 1
    assert files == {
        "good[red].TXT": (["ferry-returns"], []),
        "bare.txt": ([], ["/article/body has no text besides its headline"]),
        "gone.txt": ([], ["cannot be read: No such file or directory"]),
    }
    assert f"error: {tmp_path / 'bare.txt'}: /article/body has no text" in result.stderr
    assert "\n\n" not in result.stderr


def test_a_dry_run_refuses_what_an_import_would(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "bare.txt"
    path.write_text("Ferry returns\n")

    assert run("import", "page", "--dry-run", path).exit_code == 1
    assert run("import", "page", "--dry-run", "--draft", path).exit_code == 0


def test_an_endless_file_is_refused(run: Run) -> None:
    result = run("import", "page", "/dev/zero")

    assert (result.exit_code, "/dev/zero: the file is longer" in result.stderr) == (1, True)


@pytest.mark.parametrize("section", [" ", "\x1b[31m", "a\udcff", "a" * 501])
def test_a_section_that_is_no_label_is_wrong_usage(run: Run, tmp_path: Path, section: str) -> None:
    path = tmp_path / "page.txt"
    path.write_text(PAGE)

    assert run("import", "page", "--section", section, path).exit_code == 2


def test_an_export_is_written_whole_and_says_how_much(run: Run, tmp_path: Path) -> None:
    run("import", "ndjson", *SAMPLE)

    full = run("export", "ndjson", tmp_path / "full.ndjson")
    public = run("export", "ndjson", "--public", tmp_path / "public.ndjson")
    printed = run("export", "ndjson", "-")

    assert (full.exit_code, public.exit_code, printed.exit_code) == (0, 0, 0)
    lines = (tmp_path / "full.ndjson").read_bytes().splitlines()
    assert f"{len(lines)} documents" in full.stderr
    assert printed.stdout_bytes == (tmp_path / "full.ndjson").read_bytes()
    assert {json.loads(line)["noun"] for line in lines} == {"tag", "source", "note", "article", "collection"}
    assert len((tmp_path / "public.ndjson").read_bytes().splitlines()) < len(lines)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full.ndjson", "public.ndjson"]


@pytest.mark.parametrize(("command", "ending"), [("ninjs", "json"), ("markdown", "md")])
def test_public_stories_are_exported_as_files_of_another_format(
    run: Run, tmp_path: Path, command: str, ending: str
) -> None:
    run("seed")
    folder = tmp_path / "stories"
    result = run("export", command, folder)
    assert result.exit_code == 0
    files = sorted(folder.rglob("*.*"))
    assert result.stderr.strip() == f"{len(files)} documents"
    assert {file.suffix for file in files} == {f".{ending}"}
    assert {file.parent.name for file in files} == {"articles", "notes"}
    story = (folder / "articles" / f"the-tram-that-carries-nobody.{ending}").read_text(encoding="utf-8")
    assert "The tram that carries nobody" in story

    again = run("export", command, folder)
    assert (again.exit_code, "is not empty" in again.stderr) == (1, True)


def test_a_broken_export_leaves_the_old_file(run: Run, database_url: str, tmp_path: Path) -> None:
    """RLIMIT_FSIZE stands in for the end of the disk."""
    run("seed")
    path = tmp_path / "export.ndjson"
    path.write_text("the old one\n")

    result = subprocess.run(
        [sys.executable, "-m", "app", "export", "ndjson", str(path)],
        cwd=ROOT,
        env=environment(database_url),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 1, result.stderr
    assert "cannot be written: File too large" in result.stderr
    assert path.read_text() == "the old one\n"
    assert [path.name for path in tmp_path.iterdir()] == ["export.ndjson"]


@pytest.mark.parametrize("name", [".", "..", "no/folder/x.ndjson", "round"])
def test_an_export_to_where_nothing_can_be_written_says_so(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("round").symlink_to("round")
    result = run("export", "ndjson", name)

    assert result.exit_code == 1, result.output
    assert "cannot be written" in result.stderr


def test_seeding_twice_changes_nothing(run: Run, database_url: str) -> None:
    first = run("seed")
    before = position(database_url)
    second = run("seed")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert position(database_url) == before


def test_seeding_writes_over_nothing_that_it_did_not_make(run: Run, tmp_path: Path) -> None:
    lines = [json.loads(line) for file in SAMPLE for line in file.read_bytes().splitlines()]
    story = next(line for line in lines if line["noun"] == "article" and line.get("status") == "published")
    place = next(line for line in lines if line["noun"] == "tag" and line["type"] == "topic")
    ours = tmp_path / "ours.ndjson"
    text = {"language": "en", "headline": "Our own", "body": [{"type": "paragraph", "html": "Ours."}]}
    own_lines = [
        {"noun": "article", "id": story["id"], "slug": story["slug"], **text},
        {"noun": "tag", "slug": place["slug"], "type": "topic", "labels": {"en": "Our label"}},
    ]
    ours.write_text("\n".join(map(json.dumps, own_lines)))
    run("import", "ndjson", ours)

    result = run("seed")
    run("export", "ndjson", tmp_path / "all.ndjson")

    assert f"the article {story['id']} was not made by the sample, and stays as it is" in result.stderr
    assert f"the tag {place['slug']} was not made by the sample, and stays as it is" in result.stderr
    exported = [json.loads(line) for line in (tmp_path / "all.ndjson").read_bytes().splitlines()]
    assert [line["headline"] for line in exported if line.get("id") == story["id"]] == ["Our own"]
    assert [line["labels"] for line in exported if line["slug"] == place["slug"]] == [{"en": "Our label"}]
    assert len(exported) > 20


def test_seeding_again_restores_what_was_changed_of_the_sample(run: Run, tmp_path: Path) -> None:
    place = next(json.loads(line) for line in SAMPLE[0].read_bytes().splitlines())
    changed = tmp_path / "changed.ndjson"
    changed.write_text(json.dumps({**place, "labels": {"en": "Changed"}}))
    run("seed")
    run("import", "ndjson", changed)

    result = run("seed")
    run("export", "ndjson", tmp_path / "all.ndjson")

    assert (result.exit_code, "1 updated" in result.stderr) == (0, True)
    exported = [json.loads(line) for line in (tmp_path / "all.ndjson").read_bytes().splitlines()]
    assert [line["labels"] for line in exported if line["slug"] == place["slug"]] == [place["labels"]]


@pytest.mark.parametrize("is_empty", [True, False])
def test_the_addresses_that_are_printed_fit_what_is_there(tmp_path: Path, is_empty: bool) -> None:
    url = f"sqlite:///{tmp_path / 'house.db'}"
    if is_empty:
        assert invoke(url, "migrate").exit_code == 0
    environ = {**environment(url), "PORT": "0", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "app", "serve"]
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            printed = "".join(iter(server.stdout.readline, "Stop with Ctrl+C.\n"))
        finally:
            server.terminate()

    assert "/v1/articles\n" in printed
    assert ("zghariv-trams" in printed) is not is_empty


def test_the_openapi_document_is_printed(run: Run) -> None:
    result = run("openapi")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["info"]["title"] == "Dovidka"


# --- serving -------------------------------------------------------------------------------------------------------


def environment(url: str) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": url, "PORT": "0", "HOST": "127.0.0.1", "PYTHONUNBUFFERED": "1"}


@contextmanager
def serving(url: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A server of our own process, and the URLs it prints: the first of them is answered."""
    command = [sys.executable, "-m", "app", "serve"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(url), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            urls: list[str] = []
            while (line := process.stdout.readline()) and not line.startswith("Stop with"):
                urls += re.findall(r"http://\S+", line)
            assert process.poll() is None, process.stderr and process.stderr.read()
            wait_for(lambda: answered(urls[1]), START_SECONDS)
            yield process, urls
        finally:
            process.kill()


def answer(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def answered(url: str) -> bool:
    try:
        answer(url)
    except OSError:
        return False
    return True


def test_a_new_file_is_served_with_the_sample_and_again_as_it_is(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    with serving(url) as (process, urls):
        answers = [answer(url) for url in urls]
        process.send_signal(signal.SIGTERM)
        code = process.wait(10)
    with serving(url) as (again, urls):
        same = answer(urls[2])
        again.send_signal(signal.SIGTERM)
        again.wait(10)

    assert len(urls) == 5
    assert [status for status, _ in answers] == [200] * 5
    assert "<h1" in str(answers[0][1])
    assert len(json.loads(answers[2][1])["items"]) == 20
    assert "trams" in json.loads(answers[3][1])["included"]["tags"]
    assert code in {0, -signal.SIGTERM}
    assert same == answers[2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.db"]


def test_a_migrated_database_is_served_as_it_is(database_url: str) -> None:
    with serving(database_url) as (process, urls):
        status, body = answer(urls[2])
        process.send_signal(signal.SIGTERM)
        process.wait(10)

    assert (status, json.loads(body)["items"]) == (200, [])


def test_a_port_in_use_is_named_before_anything_is_made(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("HOST", "127.0.0.1")
        monkeypatch.setenv("PORT", str(port))
        result = run("serve", url=f"sqlite:///{tmp_path}/new.db")

    assert result.exit_code == 2
    assert f"Cannot listen on 127.0.0.1:{port}: Address already in use. Set HOST or PORT." in result.stderr
    assert not [*tmp_path.iterdir()]


def test_a_first_start_that_is_killed_is_begun_anew_by_the_next(tmp_path: Path) -> None:
    url, path = f"sqlite:///{tmp_path}/new.db", tmp_path / "new.db"
    with subprocess.Popen(
        [sys.executable, "-m", "app", "serve"],
        cwd=ROOT,
        env=environment(url),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            wait_for(lambda: any(tmp_path.glob(".new.db.new*")) or path.exists(), START_SECONDS)
        finally:
            process.kill()
    assert not path.exists()
    with serving(url) as (again, urls):
        assert answer(urls[2])[0] == 200
        again.send_signal(signal.SIGTERM)
        again.wait(10)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.db"]


def test_an_older_embedded_database_is_migrated_by_its_server(sqlite: Fresh) -> None:
    with sqlite(False) as url:
        migrate(url)
        with serving(url) as (process, urls):
            assert answer(urls[2])[0] == 200
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def test_a_database_that_counts_days_of_another_zone_is_not_served_nor_written(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "lines.ndjson"
    file.write_bytes(to_json(tag("trams")) + b"\n")
    assert run("import", "ndjson", file).exit_code == 0
    monkeypatch.setenv("TIMEZONE", "Europe/Paris")
    file.write_bytes(to_json(tag("ferries")) + b"\n")

    for command in (("serve",), ("import", "ndjson", file)):
        result = run(*command)
        assert result.exit_code == 3
        assert "TIMEZONE=Europe/Kyiv" in result.stderr
