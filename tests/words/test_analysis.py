"""Which words find each other, and which never do."""

import asyncio
import subprocess
import sys
import unicodedata
from itertools import combinations
from threading import Barrier, BrokenBarrierError
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.words import analysis, data, forms
from app.words.analysis import analyse, analysis_version, asked_keys, written_keys


def finds(asked: str, written: str) -> bool:
    return not asked_keys(asked).isdisjoint(written_keys(written))


ONE_WORD: Final = [
    # Forms that a dictionary knows, in any case.
    "полонених полонені ПОЛОНЕНИМ полоненому",
    "війна війни ВІЙНОЮ Війні",
    "houses house HOUSES House",
    "children child Children",
    "women woman",
    # Exceptions of our own.
    "дитина дитини діти дітей дітям дітьми дітях",
    "людина людини люди людей людям людьми",
    "рік року роки років роком році",
    "око ока очі очей очима очам",
    "вухо вуха вух вухам",
    "день дня дні днів днями",
    "бій бою боїв боях",
    "гривня гривні гривень гривнями",
    # Unknown words, by their endings.
    "Гайворонюк Гайворонюка Гайворонюкові Гайворонюком",
    "Верболозівка Верболозівки Верболозівку Верболозівкою",
    "Кудлатенко Кудлатенка Кудлатенкові Кудлатенком",
    "Безхмарний Безхмарного Безхмарному Безхмарним",
    # Spelling.
    "здоров'я здоров’ям здоровʼю здоров`я здоров‛я здоровˈя здоровꞌя здоров՚я",
    "ґудзик гудзик ґудзики гудзиками",
    "ґанок ганок ґанку",
    "пере\u00adмир'я перемир'я перемир\u2019ям",
    "за\u0301мок замок замку",
    "Києвi Києві",  # the first with a Latin i
    "прес-конференція пресконференція пресконференцію прес-конференції",
    "веб-сайт вебсайт вебсайту",
    "міський-голова міського-голови",
    "government's government governments government\u2019s",
    "café cafe",
    "Zürich Zurich",
    "ﬁre fire",
    "U.S. US",
    # Numbers.
    "15000 15\u00a0000 15,000 15.000",
    "2,5 2.5",
    "22.01.2025 2025-01-22",
    "1234567.8 1,234,567.8 1.234.567,8",
    # Names.
    "Київ Києва Києві Kyiv Kiev KYIV",
    "Харків Харкова Kharkiv Kharkov",
    "Зеленський Зеленського Zelenskyy Zelensky Zelenskiy Zelenskyi",
    "Верболозький Верболозького Verbolozkyi",
    "Заболотнюк Zabolotniuk",
    "Verbolozskyi Verbolozskyy Verbolozsky",
    "Юрій Юрієм Yurii Yuriy",
    # Other scripts are found as they are written.
    "ΑΘΗΝΑ αθηνα",
    "東京 東京",
]
TWO_WORDS: Final = [
    ("міксер", "мікшер"),
    ("міксери", "мікшерів"),
    ("грати", "ґрати"),
    ("граю", "ґратами"),
    ("гратами", "ґратами"),
    ("гніт", "ґніт"),
    ("гніту", "ґноту"),
    ("замок", "замовник"),
    ("банк", "банка"),
    ("тест", "тесть"),
    ("син", "синь"),
    ("сонце", "сон"),
    ("лис", "ліс"),
    ("кит", "кіт"),
    ("Мальвінський", "Малвінський"),  # look alike in Latin letters
    ("Рубльов", "Рублов"),
    ("сон", "son"),
    ("дим", "dim"),
    ("Том", "tom"),
    ("Трамп", "tramp"),
    ("Парсон", "parson"),
    ("рис", "rose"),
    ("rose", "rosé"),
    ("resume", "résumé"),
    ("re-sign", "resign"),
    ("university", "universe"),
    ("policy", "police"),
    ("radii", "rady"),
    ("15000", "15"),
    ("2.5", "25"),
    ("10.2.3", "1023"),
    ("0.123", "123"),
    ("31.02.2025", "2025-02-31"),
    ("COVID-19", "COVID-18"),
    ("ЗСУ", "СУ"),
    ("Гайворонюк", "гайворон"),
    ("Верболозівка", "верболіз"),
]


@pytest.mark.usefixtures("analysis")
@pytest.mark.parametrize("words", ONE_WORD)
def test_forms_and_spellings_of_one_word_find_each_other(words: str) -> None:
    for one, other in combinations(words.split(" "), 2):
        assert finds(one, other), f"{one} does not find {other}"
        assert finds(other, one), f"{other} does not find {one}"


@pytest.mark.usefixtures("analysis")
@pytest.mark.parametrize(("one", "other"), TWO_WORDS)
def test_two_words_never_find_each_other(one: str, other: str) -> None:
    assert not finds(one, other)
    assert not finds(other, one)


@pytest.mark.parametrize("letters", ["києві", "харкова", "одеси", "львові"])
@pytest.mark.usefixtures("analysis")
def test_a_name_asked_for_in_small_letters_is_found(letters: str) -> None:
    assert finds(letters, letters.capitalize())
    assert finds(letters, {"к": "Kyiv", "х": "Kharkiv", "о": "Odesa", "л": "Lviv"}[letters[0]])


def test_a_common_word_in_a_text_is_not_found_by_a_name_that_looks_like_it() -> None:
    assert not finds("Київ", "кий")
    assert not finds("кий", "Київ")


@given(st.text(min_size=1))
def test_every_word_of_any_text_finds_itself(text: str) -> None:
    for word in analyse(text):
        assert not asked_keys(text[word.start : word.end]).isdisjoint(word.keys)
        assert all(word.keys)


@given(st.text(alphabet="аїйґєАЇЙеéñüA'’ʼ-", min_size=1))
def test_decomposed_and_composed_letters_have_the_same_keys(text: str) -> None:
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert [word.keys for word in analyse(composed)] == [word.keys for word in analyse(decomposed)]


def test_parts_of_a_hyphenated_word_are_found() -> None:
    text = analyse("Вийшов науково-популярний журнал")
    for asked in ("науково-популярного", "популярні", "науково"):
        assert any(not asked_keys(asked).isdisjoint(word.keys) for word in text)


@pytest.mark.usefixtures("analysis")
def test_every_listed_form_has_the_lemma_that_it_is_listed_under() -> None:
    for lemma, listed in data.ukrainian().forms.items():
        for form in listed.split():
            assert lemma in written_keys(form), f"{form} is no form of {lemma}"


def test_the_version_names_what_the_keys_depend_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "has_morphology", lambda: False)
    alone = analysis_version()
    monkeypatch.setattr(forms, "has_morphology", lambda: True)
    assert alone.startswith("2 simplemma 2.")
    assert "pymorphy3" not in alone
    assert analysis_version().startswith(f"{alone} pymorphy3 ")


def test_dictionaries_are_not_loaded_before_a_word_needs_them() -> None:
    script = (
        "import sys, app.main, app.words.matching\nfrom app.words.queries import parse\n"
        "parse('12 345')\n"
        "assert not {'simplemma', 'pymorphy3'} & {*sys.modules}\n"
        "parse('кіт')\n"
        "assert 'simplemma' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize(
    ("model", "change", "message"),
    [
        (data.UkrainianData, {"distinct": ["грати", "bars"]}, "distinct"),
        (data.UkrainianData, {"forms": {"рік": "року року"}}, "'року' stands twice in forms of рік"),
        (data.UkrainianData, {"unknown": []}, "unknown"),
        (data.NamesData, {"same": [["київ", "kyiv"], ["харків", "kyiv"]]}, "'kyiv' stands twice in same"),
        (data.NamesData, {"same": [["Київ", "kyiv"]]}, "same"),
        (data.EnglishData, {"clitics": ["ЇВ"]}, "clitics"),
    ],
)
def test_a_faulty_data_file_is_refused(
    model: type[data.UkrainianData | data.EnglishData | data.NamesData], change: dict[str, object], message: str
) -> None:
    sound = {data.UkrainianData: data.ukrainian, data.EnglishData: data.english, data.NamesData: data.names}[model]()
    with pytest.raises(ValidationError, match=message):
        model.model_validate(sound.model_dump() | change)


async def test_writers_that_begin_together_load_the_dictionaries_once(monkeypatch: pytest.MonkeyPatch) -> None:
    both_load, loads = Barrier(2), []

    def load(text: str) -> None:
        loads.append(text)
        with pytest.raises(BrokenBarrierError):
            both_load.wait(0.2)

    monkeypatch.setattr(analysis, "analyse", load)
    analysis._load_dictionaries.cache_clear()
    await asyncio.gather(analysis.load_dictionaries(), analysis.load_dictionaries())

    assert len(loads) == 1
