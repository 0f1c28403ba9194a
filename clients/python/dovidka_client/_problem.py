"""What is raised when the server refuses, or cannot be heard."""

from typing import Any

from dovidka_client._models import (
    ForbiddenProblem,
    ProblemCode,
    ProblemFault,
    StaleProblem,
    TrimmedProblem,
    WithdrawnProblem,
)


class Problem(Exception):
    """A refusal of the server, by its `code`; or `unreachable` (no answer) or `unreadable` (none of this API).

    `details` is the whole answer, None where there was none of this API; `errors` each thing that was wrong with the
    request; `status` that of HTTP, 0 where no answer came; `retry_after` the seconds that the server asks to wait.
    """

    details: Any

    def __init__(
        self,
        code: ProblemCode | str,
        message: str,
        status: int = 0,
        details: Any = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.details = details
        self.errors: list[ProblemFault] = details["errors"] if details else []
        self.retry_after = retry_after

    @property
    def is_temporary(self) -> bool:
        """Whether the same request may well succeed later: nobody answers, or the server, or a proxy, is busy."""
        return self.status in {408, 429} or not 400 <= self.status < 500


class Forbidden(Problem):
    details: ForbiddenProblem


class Stale(Problem):
    details: StaleProblem


class Trimmed(Problem):
    details: TrimmedProblem


class Withdrawn(Problem):
    details: WithdrawnProblem


# The codes whose details are more than those of all problems.
KINDS: dict[str, type[Problem]] = {"forbidden": Forbidden, "stale": Stale, "trimmed": Trimmed, "withdrawn": Withdrawn}
