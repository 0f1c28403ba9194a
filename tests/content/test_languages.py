"""Ukrainian in Latin letters, and slugs of any text."""

import hypothesis
import pytest
from hypothesis import strategies as st

from app.content.languages import APOSTROPHES, SLUG_LENGTH, numbered, romanise, slug
from app.web.fields import SLUG

# Source: the resolution of the Cabinet of Ministers no. 55 of 27 January 2010: the examples of the table itself.
TABLE = """
Алушта Alushta
Андрій Andrii
Борщагівка Borshchahivka
Борисенко Borysenko
Вінниця Vinnytsia
Володимир Volodymyr
Гадяч Hadiach
Богдан Bohdan
Згурський Zghurskyi
Ґалаґан Galagan
Ґорґани Gorgany
Донецьк Donetsk
Дмитро Dmytro
Рівне Rivne
Олег Oleh
Есмань Esman
Єнакієве Yenakiieve
Гаєвич Haievych
Короп'є Koropie
Житомир Zhytomyr
Жанна Zhanna
Жежелів Zhezheliv
Закарпаття Zakarpattia
Казимирчук Kazymyrchuk
Медвин Medvyn
Михайленко Mykhailenko
Іванків Ivankiv
Іващенко Ivashchenko
Їжакевич Yizhakevych
Кадиївка Kadyivka
Мар'їне Marine
Йосипівка Yosypivka
Стрий Stryi
Олексій Oleksii
Київ Kyiv
Коваленко Kovalenko
Лебедин Lebedyn
Леонід Leonid
Миколаїв Mykolaiv
Маринич Marynych
Ніжин Nizhyn
Наталія Nataliia
Одеса Odesa
Онищенко Onyshchenko
Полтава Poltava
Петро Petro
Решетилівка Reshetylivka
Рибчинський Rybchynskyi
Суми Sumy
Соломія Solomiia
Тернопіль Ternopil
Троць Trots
Ужгород Uzhhorod
Уляна Uliana
Фастів Fastiv
Філіпчук Filipchuk
Харків Kharkiv
Христина Khrystyna
Стеценко Stetsenko
Чернівці Chernivtsi
Шевченко Shevchenko
Шостка Shostka
Гоща Hoshcha
Щербухи Shcherbukhy
Юрій Yurii
Крюківка Kriukivka
Яготин Yahotyn
Ярошенко Yaroshenko
Костянтин Kostiantyn
Знам'янка Znamianka
Феодосія Feodosiia
Розгон Rozghon
"""


@pytest.mark.parametrize(("ukrainian", "latin"), [line.split() for line in TABLE.split("\n") if line])
def test_names_are_written_as_the_table_of_2010_writes_them(ukrainian: str, latin: str) -> None:
    assert romanise(ukrainian) == latin.lower()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Мар’їне та Маріʼїне", "marine-ta-mariine"),
        ("Об’єкт № 7: вода", "obiekt-no-7-voda"),
        ("Їжак, єнот і йога", "yizhak-yenot-i-yoha"),
        *((f"П{mark}ять зір’їв", "piat-ziriv") for mark in APOSTROPHES),
        *((f"The mayor{mark}s boat", "the-mayors-boat") for mark in APOSTROPHES),
        ("Ки\u0301їв, Згу\u0301рський і мо\u0300є", "kyiv-zghurskyi-i-moie"),
        ("У сѐлі Ї\u0301жі", "u-seli-yizhi"),
        *((f"Ки{unseen}їв", "kyiv") for unseen in "\u00ad\u034f\u200b\u200d\u2060\ufe0f\ufeff"),
        ("Rivers & Lakes", "rivers-lakes"),
        ("Café déjà vu", "cafe-deja-vu"),
        ("ЗГУРСЬКИЙ", "zghurskyi"),
        ("  —  ", "untitled"),
        ("", "untitled"),
    ],
)
def test_slugs_are_lower_case_words_with_hyphens(text: str, expected: str) -> None:
    assert slug(text) == expected


@hypothesis.settings(max_examples=300)
@hypothesis.given(text=st.text(max_size=400))
def test_any_text_has_a_slug(text: str) -> None:
    made = slug(text)

    assert SLUG.fullmatch(made)
    assert len(made) <= SLUG_LENGTH
    assert slug(made) == made


@hypothesis.given(text=st.text(min_size=1, max_size=400), number=st.integers(2, 99_999))
def test_a_numbered_slug_is_a_slug_too(text: str, number: int) -> None:
    made = numbered(slug(text), number)

    assert SLUG.fullmatch(made)
    assert len(made) <= SLUG_LENGTH
    assert made.endswith(f"-{number}")


def test_a_long_slug_is_cut_at_a_word() -> None:
    assert slug("слово " * 40) == "-".join(["slovo"] * 20)
