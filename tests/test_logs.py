"""Log lines stand on standard error: standard output is for the results of commands."""

import pytest
import structlog

from app import logs
from app.commands.database import command_settings


def test_a_log_line_stands_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")

    structlog.get_logger().warning("webhook not delivered", attempt=7)

    output, errors = capsys.readouterr()
    assert output == ""
    assert "webhook not delivered" in errors
    assert "attempt=7" in errors


def test_a_command_logs_to_standard_error_from_the_level_of_its_settings_up(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "warning")

    with command_settings():
        structlog.get_logger().info("quiet")
        structlog.get_logger().warning("loud")

    output, errors = capsys.readouterr()
    assert output == ""
    assert "loud" in errors
    assert "quiet" not in errors
