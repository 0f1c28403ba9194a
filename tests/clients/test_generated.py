"""What generators make of the document: it compiles strictly, and every answer of the sample fits it."""

import json
from collections import defaultdict

import pytest

from tests.clients.conftest import Workshop
from tests.clients.sample import Answer
from tests.openapi import operations


@pytest.mark.parametrize("document", ["openapi.json", "openapi-3.2.json"])
def test_linters_find_nothing_but_what_is_listed(workshop: Workshop, document: str) -> None:
    """What is not to be found stands with its reason in the configuration of each."""
    workshop.copy("spectral.yaml", "redocly.yaml")

    workshop.node("spectral", "lint", "--ruleset", "spectral.yaml", "--fail-severity", "hint", document)
    workshop.node("redocly", "lint", "--config", "redocly.yaml", "--max-problems", "20", document)
    summary = json.loads(workshop.node("redocly", "lint", "--config", "redocly.yaml", "--format", "json", document))
    assert summary["totals"] == {"errors": 0, "warnings": 0, "ignored": 0}


def _json_answers(answers: list[Answer]) -> list[Answer]:
    return [answer for answer in answers if isinstance(answer["body"], dict)]


def test_openapi_typescript_describes_every_answer(workshop: Workshop, answers: list[Answer]) -> None:
    """Types exist at compile time only, so the answers are compiled as literals of their types."""
    workshop.node("openapi-typescript", "openapi.json", "-o", "dovidka.ts")
    by_operation: dict[tuple[str, int], list[str]] = defaultdict(list)
    for answer in _json_answers(answers):
        by_operation[answer["operation"], answer["status"]].append(json.dumps(answer["body"], ensure_ascii=False))
    assert len(by_operation) > 40
    lines = ['import type { operations } from "./dovidka";']
    for (operation, status), bodies in by_operation.items():
        (media_type,) = operations()[operation][1]["responses"][str(status)]["content"]
        kind = f'operations["{operation}"]["responses"][{status}]["content"]["{media_type}"][]'
        lines.append(f"export const {operation}: {kind} = [{','.join(dict.fromkeys(bodies))}];")
    (workshop.folder / "answers.ts").write_text("\n".join(lines))
    workshop.copy("tsconfig.json", "check.ts", "fetch.ts")

    workshop.node("tsc", "--noEmit", "-p", "tsconfig.json")


def test_openapi_fetch_asks_for_what_is_meant(workshop: Workshop, server: str) -> None:
    workshop.node("openapi-typescript", "openapi.json", "-o", "dovidka.ts")
    workshop.copy("tsconfig.json", "check.ts", "fetch.ts")
    workshop.node("tsc", "-p", "tsconfig.json")

    assert workshop.node("built/fetch.js", server) == "asked\n"


def test_hey_api_reads_every_answer(workshop: Workshop, answers: list[Answer], server: str) -> None:
    workshop.copy("hey.config.mjs", "hey.ts", "check.ts", "tsconfig.json")
    workshop.node("openapi-ts", "-f", "hey.config.mjs")
    workshop.write("answers.json", _json_answers(answers))
    # The runtime that it writes beside the types does not compile with exactOptionalPropertyTypes.
    workshop.node("tsc", "-p", "tsconfig.json", "--exactOptionalPropertyTypes", "false")

    assert workshop.node("built/hey.js", server) == f"read {len(_json_answers(answers))}\n"


def test_orval_reads_every_answer(workshop: Workshop, answers: list[Answer], server: str) -> None:
    workshop.copy("orval.config.mjs", "orval.ts", "check.ts", "tsconfig.json")
    workshop.node("orval", "--config", "orval.config.mjs", environment={"BASE": server})
    workshop.write("answers.json", _json_answers(answers))
    workshop.node("tsc", "-p", "tsconfig.json")

    assert workshop.node("built/orval.js") == f"read {len(_json_answers(answers))}\n"


def test_openapi_python_client_reads_every_answer(workshop: Workshop, answers: list[Answer], server: str) -> None:
    workshop.copy("openapi-python-client.yaml", "read.py")
    arguments = ("--path", "openapi.json", "--output-path", "dovidka", "--meta", "none")
    workshop.python("openapi-python-client", "generate", *arguments, "--config", "openapi-python-client.yaml")
    workshop.write("answers.json", _json_answers(answers))
    workshop.python("mypy", "--strict", "--config-file=", "--cache-dir=/dev/null", "dovidka", "read.py")

    assert workshop.python("python", "read.py", server) == f"read {len(_json_answers(answers))}\n"
