"""Exceptions and spellings that the analysis works with, read once from the TOML files beside this one and checked."""

import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

_FOLDER: Final = Path(__file__).parent

Cyrillic = Annotated[str, StringConstraints(pattern=r"^[а-щьюяєіїґ'-]*$")]
Latin = Annotated[str, StringConstraints(pattern=r"^[a-z\u00df-\u024f'-]+$")]
Name = Annotated[str, StringConstraints(pattern=r"^([а-щьюяєіїґ'-]+|[a-z\u00df-\u024f'-]+)$")]
# Words with blanks between them.
CyrillicWords = Annotated[str, StringConstraints(pattern=r"^[а-щьюяєіїґ' -]+$")]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class UkrainianData(_File):
    """`uk.toml`."""

    distinct: frozenset[Cyrillic]
    joined_prefixes: frozenset[Cyrillic]
    stem_endings: CyrillicWords
    endings: dict[Cyrillic, CyrillicWords]
    softened: dict[Cyrillic, Cyrillic]
    forms: dict[Cyrillic, CyrillicWords]

    @model_validator(mode="after")
    def _each_form_once(self) -> Self:
        for lemma, forms in self.forms.items():
            _check_unique(forms.split(), f"forms of {lemma}")
        return self

    def lemmas_by_form(self) -> dict[str, list[str]]:
        return _inverted(self.forms)

    def lemma_endings(self) -> dict[str, list[str]]:
        """By the ending of a form."""
        return _inverted(self.endings)


class EnglishData(_File):
    """`en.toml`."""

    clitics: tuple[Latin, ...]
    unaccented: frozenset[Latin]


class NamesData(_File):
    """`names.toml`."""

    same: list[tuple[Name, ...]]
    endings: dict[Latin, Latin]

    @model_validator(mode="after")
    def _each_name_once(self) -> Self:
        _check_unique([name for names in self.same for name in names], "same")
        return self

    def keys(self) -> dict[str, str]:
        """The key of each name, by how it is written."""
        return {name: names[0] for names in self.same for name in names}


def _inverted(forms: dict[str, str]) -> dict[str, list[str]]:
    inverted: dict[str, list[str]] = {}
    for lemma, words in forms.items():
        for word in words.split():
            inverted.setdefault(word, []).append(lemma)
    return inverted


def _check_unique(words: Iterable[str], place: str) -> None:
    seen: set[str] = set()
    for word in words:
        if word in seen:
            raise ValueError(f"{word!r} stands twice in {place}")
        seen.add(word)


@cache
def ukrainian() -> UkrainianData:
    return UkrainianData.model_validate(_read("uk"))


@cache
def english() -> EnglishData:
    return EnglishData.model_validate(_read("en"))


@cache
def names() -> NamesData:
    return NamesData.model_validate(_read("names"))


def _read(name: str) -> dict[str, object]:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
