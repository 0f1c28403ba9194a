"""How well forms of a word find each other, on treebanks of Universal Dependencies, and how long the analysis takes.

Counted are nouns, proper nouns, verbs, adjectives and adverbs, in small letters. The treebank's lemmas are the gold.

- pairs: of the pairs of two different forms of one lemma, the share that have a key in common; weighted: each pair
  counts as often as its forms can meet, the product of their frequencies.
- merged: the share of lemmas that have a key in common with another lemma.
- wrong group: the share of tokens with a key of which another lemma has more tokens.

The last two leave out forms that the treebank itself has under several lemmas. Where the extra `morphology` is
installed, Ukrainian is measured with it and without it.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Final
from unittest.mock import patch

import snowballstemmer

from app.words import analysis, forms
from benchmarks.goals import Goal, Options, median

CONTENT_WORDS: Final = {"NOUN", "PROPN", "VERB", "ADJ", "ADV"}
WORDS_OF_A_STORY: Final = 600
STORIES: Final = 50
MILLISECONDS: Final = 10.0
MOST_MERGED: Final = 0.05
# By language, the least share of pairs, plain and weighted.
LEAST: Final = {"uk": (0.95, 0.95), "uk with morphology": (0.975, 0.975), "en": (0.80, 0.93)}

KeysOf = Callable[[str], Iterable[str]]


@dataclass(frozen=True)
class Treebank:
    """How often each form occurs as which lemma; `written` is the most frequent way to write a form."""

    tokens: dict[str, Counter[str]]  # by lemma: its forms
    written: dict[str, str]
    text: list[str]  # all words, in order


@dataclass(frozen=True)
class Score:
    """Shares, from 0 to 1."""

    pairs: float
    weighted: float
    merged: float
    wrong_group: float

    def __str__(self) -> str:
        return (
            f"pairs {self.pairs:.3f}, weighted {self.weighted:.3f}, merged {self.merged:.3f}, "
            f"wrong group {self.wrong_group:.3f}"
        )


def measure(options: Options) -> Iterator[Goal]:
    for language in ("uk", "en"):
        files = [file for file in options.treebanks if file.name.startswith(f"{language}_")]
        if not files:
            continue
        treebank = read(files)
        if language == "uk" and forms.has_morphology():
            with _new_cache():
                yield from _goals("uk with morphology", treebank)
            print(f"  pymorphy3 alone: {score(treebank, _pymorphy())}")
        with _new_cache(), patch.object(forms, "has_morphology", lambda: False):
            yield from _goals(language, treebank)
        if language == "en":
            print(f"  snowball: {score(treebank, _snowball())}")
        with _new_cache(), patch.object(forms, "has_morphology", lambda: False):
            yield _speed(language, treebank)


@contextmanager
def _new_cache() -> Iterator[None]:
    """Of the keys of words, since those of the one in use come from the same words or other dictionaries."""
    cache = lru_cache(analysis.CACHED_WORDS)(analysis._cached_keys.__wrapped__)
    with patch.object(analysis, "_cached_keys", cache):
        yield


def _goals(language: str, treebank: Treebank) -> Iterator[Goal]:
    own = score(treebank, analysis.written_keys)
    pairs, weighted = LEAST[language]
    yield Goal(f"{language}: pairs of forms that find each other", own.pairs, pairs, "", at_least=True, told=str(own))
    yield Goal(f"{language}: the same, weighted by tokens", own.weighted, weighted, "", at_least=True)
    yield Goal(f"{language}: lemmas merged", own.merged, MOST_MERGED, "")


def read(files: Iterable[Path]) -> Treebank:
    tokens: defaultdict[str, Counter[str]] = defaultdict(Counter)
    spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    text = []
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            columns = line.split("\t")
            if len(columns) == 10 and columns[0].isdigit():
                form, lemma, part_of_speech = columns[1:4]
                text.append(form)
                if part_of_speech in CONTENT_WORDS:
                    tokens[lemma.lower()][form.lower()] += 1
                    spellings[form.lower()][form] += 1
    written = {form: counts.most_common(1)[0][0] for form, counts in spellings.items()}
    return Treebank(dict(tokens), written, text)


def score(treebank: Treebank, keys_of: KeysOf) -> Score:
    keys = {form: frozenset(keys_of(written)) for form, written in treebank.written.items()}
    pairs, weights = Counter[bool](), Counter[bool]()
    for counts in treebank.tokens.values():
        for one, other in combinations(counts, 2):
            joined = not keys[one].isdisjoint(keys[other])
            pairs[joined] += 1
            weights[joined] += counts[one] * counts[other]
    merged, wrong_group = _joined_wrongly(treebank, keys)
    return Score(_share(pairs), _share(weights), merged, wrong_group)


def _share(counts: Counter[bool]) -> float:
    return counts[True] / counts.total()


def _joined_wrongly(treebank: Treebank, keys: dict[str, frozenset[str]]) -> tuple[float, float]:
    """The shares of lemmas merged, and of tokens in a wrong group."""
    lemmas_of = Counter(form for counts in treebank.tokens.values() for form in counts)
    clear = {
        lemma: Counter({form: n for form, n in counts.items() if lemmas_of[form] == 1})
        for lemma, counts in treebank.tokens.items()
    }
    clear = {lemma: counts for lemma, counts in clear.items() if counts}
    owners: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for lemma, counts in clear.items():
        for form, n in counts.items():
            for key in keys[form]:
                owners[key][lemma] += n
    largest = {key: lemmas.most_common(1)[0][0] for key, lemmas in owners.items()}
    merged = {lemma for lemmas in owners.values() if len(lemmas) > 1 for lemma in lemmas}
    wrong = sum(
        n
        for lemma, counts in clear.items()
        for form, n in counts.items()
        if any(largest[key] != lemma for key in keys[form])
    )
    return len(merged) / len(clear), wrong / sum(counts.total() for counts in clear.values())


def _pymorphy() -> KeysOf:
    import pymorphy3

    analyser = pymorphy3.MorphAnalyzer(lang="uk")
    return lambda form: [analyser.parse(form)[0].normal_form]


def _snowball() -> KeysOf:
    stemmer = snowballstemmer.stemmer("english")
    return lambda form: [stemmer.stemWord(form.lower())]


def _speed(language: str, treebank: Treebank) -> Goal:
    """Stories one after the other, in a process that has just begun to save: half of them, then those measured."""
    parts = [
        treebank.text[start : start + WORDS_OF_A_STORY] for start in range(0, len(treebank.text), WORDS_OF_A_STORY)
    ]
    stories = [" ".join(part) for part in parts[:STORIES]]
    seconds = []
    for story in stories:
        started = time.process_time()
        analysis.analyse(story)
        seconds.append(time.process_time() - started)
    half = len(seconds) // 2
    told = f"the first {half}: {median(seconds[:half]) * 1000:.1f} ms; again: {_again(stories):.1f} ms"
    return Goal(
        f"{language}: story of {WORDS_OF_A_STORY} words", median(seconds[half:]) * 1000, MILLISECONDS, "ms", told=told
    )


def _again(stories: list[str]) -> float:
    """Milliseconds for a story whose words were all met before."""
    seconds = []
    for story in stories:
        started = time.process_time()
        analysis.analyse(story)
        seconds.append(time.process_time() - started)
    return median(seconds) * 1000
