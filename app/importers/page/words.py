"""The word lists of all languages, read once from `../languages/*.toml` and joined: a new language is a new file."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from app.importers.page.text import low

_FOLDER: Final = Path(__file__).parent.parent / "languages"


@dataclass(frozen=True)
class Role:
    """A word for what a person does, with the gender its form tells."""

    word: str
    gender: str | None


@dataclass(frozen=True)
class Words:
    """Every list of every language. Sets hold words in the form of `text.low`; patterns match such text."""

    files: dict[str, dict[str, Any]]
    inflected: frozenset[str]
    months: dict[str, int]
    roles: dict[str, Role]
    names: dict[str, str]
    heads: frozenset[str]
    media: frozenset[str]
    say: frozenset[str]
    report: frozenset[str]
    pronouns: dict[str, str]
    groups: dict[str, str]
    one_of: dict[str, str]
    channels: dict[str, str]

    def all(self, part: str, name: str) -> list[str]:
        """One list of all languages, the longest entries first."""
        return _as_list(part, name)

    def any(self, part: str, name: str) -> frozenset[str]:
        return _as_set(part, name)

    def pattern(self, part: str, name: str) -> str:
        """The entries of a list as one alternative of a regular expression."""
        return "(?:" + "|".join(map(re.escape, self.all(part, name))) + ")"


def _forms(entries: Iterable[str]) -> frozenset[str]:
    forms: set[str] = set()
    for entry in entries:
        stem, *endings = entry.split("|")
        forms.update(low(stem + ending) for ending in endings or [""])
    return frozenset(forms)


def _joined(files: dict[str, dict[str, Any]], part: str, name: str) -> list[str]:
    found = {low(entry) for file in files.values() for entry in file.get(part, {}).get(name, [])}
    return sorted(found, key=lambda entry: (-len(entry), entry))


@lru_cache(maxsize=256)
def _as_list(part: str, name: str) -> list[str]:
    return _joined(words().files, part, name)


@lru_cache(maxsize=256)
def _as_set(part: str, name: str) -> frozenset[str]:
    return frozenset(words().all(part, name))


@lru_cache(maxsize=1)
def words() -> Words:
    """The lists, read at the first call. Cost: some milliseconds, once."""
    files: dict[str, dict[str, Any]] = {}
    for path in sorted(_FOLDER.glob("*.toml")):
        file = tomllib.loads(path.read_text(encoding="utf-8"))
        files[file["code"]] = file
    months: dict[str, int] = {}
    roles: dict[str, Role] = {}
    names: dict[str, str] = {}
    pronouns: dict[str, str] = {}
    groups: dict[str, str] = {}
    one_of: dict[str, str] = {}
    channels: dict[str, str] = {}
    speech: dict[str, set[str]] = {"say": set(), "report": set()}
    for file in files.values():
        for number, forms in enumerate(file["dates"]["months"], 1):
            months.update((low(form), number) for form in forms)
        for key, gender in (("roles", None), ("roles_male", "he"), ("roles_female", "she")):
            for word in file["people"].get(key, []):
                known = roles.get(low(word))
                roles[low(word)] = Role(word, gender if known is None or known.gender == gender else None)
        for key, gender in (("male", "he"), ("female", "she")):
            names.update((low(word), gender) for word in file["people"].get(key, []))
        for gender, forms in file["speech"]["pronouns"].items():
            pronouns.update((low(form), gender) for form in forms)
        for entry in file["people"].get("groups", []):
            stem, first, *others = entry.split("|") if "|" in entry else (entry, "")
            groups.update((low(stem + ending), stem + first) for ending in (first, *others))
        for nominative, forms in file["people"].get("one_of", {}).items():
            one_of.update((f"{low(form)} ", nominative) for form in forms)
        for channel, forms in file["channels"].items():
            if channel not in ("occasions", "documents", "papers"):
                channels.update((low(form), channel) for form in forms)
        for key, found in speech.items():
            found.update(_forms(file["speech"][key]))
    return Words(
        files=files,
        inflected=frozenset(code for code, file in files.items() if file["inflected"]),
        months=months,
        roles=roles,
        names=names,
        heads=frozenset(_joined(files, "organisations", "heads")),
        media=frozenset(_joined(files, "organisations", "media")),
        say=frozenset(speech["say"]),
        report=frozenset(speech["report"]),
        pronouns=pronouns,
        groups=groups,
        one_of=one_of,
        channels=channels,
    )
