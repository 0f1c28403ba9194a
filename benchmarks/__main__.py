"""The command line: python -m benchmarks [NAME …] [FILE.conllu …]; exit code 1 when a goal is missed."""

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks import (
    against,
    cached,
    databases,
    feed,
    forms,
    imports,
    lists,
    processes,
    reads,
    rush,
    search,
    sizes,
    startup,
    statements,
    writes,
)
from benchmarks.goals import Options

ALL = {
    "lists": lists.measure,
    "statements": statements.measure,
    "reads": reads.measure,
    "cached": cached.measure,
    "writes": writes.measure,
    "processes": processes.measure,
    "imports": imports.measure,
    "sizes": sizes.measure,
    "search": search.measure,
    "startup": startup.measure,
    "feed": feed.measure,
    "rush": rush.measure,
    "forms": forms.measure,
    "against": against.measure,
}
WITHOUT_DATABASE = {"forms"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(ALL)}; all of them by default")
    parser.add_argument("--full", action="store_true", help="lists of a million articles, imports of 100,000")
    parser.add_argument("--stories", type=int, default=4_000, help="how many `search` looks through (4,000)")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="one of the two; both by default")
    parser.add_argument("--rounds", type=int, default=5, help="how often to repeat what is noisy (5)")
    folder = Path(tempfile.gettempdir()) / "dovidka-bench"
    parser.add_argument("--folder", type=Path, default=folder, help=f"where data is kept between runs ({folder})")
    parser.add_argument("--other", type=Path, help="folder of another checkout, which `against` compares with")
    arguments = parser.parse_args()
    treebanks = [Path(name) for name in arguments.names if name.endswith(".conllu")]
    names = [name for name in arguments.names if not name.endswith(".conllu")]
    if unknown := [name for name in names if name not in ALL]:
        parser.error(f"there is no benchmark {unknown[0]!r}")
    if arguments.other is None and "against" in names:
        parser.error("against needs --other FOLDER")
    if not treebanks and "forms" in names:
        parser.error("forms needs FILE.conllu of Universal Dependencies, named uk_… or en_…")
    chosen = [arguments.database] if arguments.database else ["sqlite", "postgresql"]
    arguments.folder.mkdir(parents=True, exist_ok=True)
    options = Options(
        arguments.full,
        arguments.stories,
        chosen,
        arguments.folder.resolve(),
        arguments.rounds,
        arguments.other,
        treebanks,
    )
    results = arguments.folder / "results.json"
    figures: dict[str, float] = json.loads(results.read_text()) if results.exists() else {}
    missed = 0
    with ExitStack() as stack:
        if "postgresql" in chosen and {*(names or ALL)} - WITHOUT_DATABASE:
            options.servers["postgresql"] = stack.enter_context(databases.server(options.folder / "postgresql"))
        for name in names or ALL:
            print(f"\n{name}", flush=True)
            for goal in ALL[name](options):
                before = f"  (before: {figures[goal.name]:,.2f})" if goal.name in figures else ""
                print(f"  {goal}{before}", flush=True)
                missed += not goal.reached
                figures[goal.name] = goal.figure
                results.write_text(json.dumps(figures, indent=1, ensure_ascii=False))
    print(f"\n{missed} missed" if missed else "\nall reached")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
