"""Where log lines go, and in which form: to standard error, one line for each event. Standard output is for results."""

import sys
from typing import Any, Final

import structlog

# For `uvicorn.Config(log_config=…)`: by default it writes access lines to standard output.
UVICORN: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s [%(levelname)s] %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
    "loggers": {"uvicorn": {"handlers": ["stderr"], "propagate": False}},
}


def configure(level: str) -> None:
    """Sends the log lines of this process, from this level up, to standard error.

    Tracebacks do not show the values of variables: one might be a password or a draft.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper("iso"),
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Looked up at each line, so that a replaced `sys.stderr` is respected.
        logger_factory=lambda *names: structlog.PrintLogger(sys.stderr),
    )
