"""What a running server prints, and on which stream."""

import signal
from pathlib import Path

import pytest

from app.db import migrate
from tests.test_commands import answer, serving


def test_log_lines_go_to_standard_error_and_only_addresses_to_standard_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "debug")
    url = f"sqlite:///{tmp_path}/served.db"
    migrate(url)
    with serving(url) as (process, addresses):
        assert answer(addresses[2])[0] == 200
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        assert process.stdout is not None
        assert process.stderr is not None
        rest, log = process.stdout.read(), process.stderr.read()

    assert rest == ""
    assert "GET /v1/articles HTTP/1.1" in log
    assert "Started server process" in log
