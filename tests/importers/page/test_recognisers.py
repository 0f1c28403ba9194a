"""Each kind of line is told by a recogniser of its own; what none claims is text."""

import pytest

from app.importers.page import credits
from app.importers.page.recognisers import recognise
from app.importers.page.text import Line

LINES = {
    "furniture": [
        "Поділитися у Facebook",
        "Share",
        "Facebook Telegram Viber",
        "Коментарі (3)",
        "12 comments",
        "5 min read",
        "1 2 3 … 20",
        "« 1 2 3 »",
        "Ми використовуємо файли cookie для роботи сайту.",
        "This website uses cookies to improve your visit.",
        "Підписуйтесь на нас у Viber!",
        "Sign up to our newsletter",
        "© 2024 The Mill Herald. All rights reserved.",
        "Якщо ви побачили помилку, виділіть її мишкою",
        "Переглядів: 310",
        "View this post on Instagram",
        "* * *",
        "2 310 переглядів",
        "Стежте за врожаєм разом із нами у Viber-каналі",
        "Report this story",
        "👁 1,2 тис. · 2 хв",
        "Load more comments",
        "Ми у соцмережах:",
        "Tell us what you think",
        "Роздрукувати сторінку",
        "Версія для людей з порушеннями зору",
        "Ще більше корисних рішень!",
        "Follow the Echo on Facebook, X and Instagram.",
        "Privacy · Terms · Contact",
        "Get in touch: tips@marsh.example",
        "More follows...",
        "ann.lee@marsh.example",
        "Have your say in the comments below",
        "Get the best of the Echo, every Friday",
        "For more information contact: press@marsh.example",
        "Купити квиток",
        "Registered in England & Wales | Privacy policy | Terms",
        "Want more stories like this one? Subscribe here.",
        "ADVERTISEMENT",
    ],
    "byline": [
        "By Ann Lee",
        "By Ann Lee and Tom Reed",
        "Автор: Олена Гай",
        "Текст: Іван Лис",
        "Олена Гай, кореспондентка",
        "Business Reporter: Quill Tarn",
    ],
    "date": [
        "12 травня 2021, 08:05",
        "Середа, 5 жовтня 2022 р.",
        "Опубліковано 01.02.2023 о 10:00",
        "Published 3 March 2020 at 9:15 am GMT | Updated 4 March 2020",
        "March 3rd, 2020",
        "2024-01-05 18:20",
        "Новини | 5 жовтня 2022, 12:00",
        "Сьогодні, 18:06",
    ],
    "breadcrumb": ["Головна › Новини › Місто", "Home > News > Business", "Home / Culture"],
    "section": ["Рубрика: Місто", "Category: Culture"],
    "tags": ["Теги: міст, ріка", "Tags: bridge, river", "#міст #ріка", "Topics: rail"],
    "note": [
        "Довідково:",
        "Для довідки. Міст збудували 1950 року.",
        "For reference:",
        "Background: it opened in 1950.",
        "ДОВІДКА",
    ],
    "see_also": [
        "Читайте також: Як ремонтують мости",
        "See also",
        "READ MORE: How bridges are mended",
        "Related stories",
    ],
    "earlier": [
        "Раніше «Вісник» писав, що міст закриють на ремонт.",
        "Торік ми розповідали, як у порту рятували лелеку.",
        "Нагадаємо, у травні міст уже закривали.",
        "The Herald earlier reported that the bridge was unsafe.",
        "As we reported last week, the bridge is unsafe.",
        "As reported by the Mill Herald in February, the bridge is unsafe.",
        "In May, the Mill Herald reported that the bridge was unsafe.",
    ],
    "update": [
        "UPD 12:40: рух відновили на одній смузі.",
        "Виправлено: у першій версії було неправильне ім'я.",
        "Correction: an earlier version misnamed the bridge.",
        "Оновлення. 6 березня рух відновили на одній смузі.",
        "Editor's note: the bridge has two names.",
        "This article was amended on 3 May 2020 to correct a date.",
    ],
    "sidebar": ["Свіжі дописи", "Most read", "Останні новини"],
    "item": ["• перший пункт", "1. First of all", "2) друге"],
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in LINES.items() for text in texts])
def test_a_line_is_recognised(kind: str, text: str) -> None:
    mark = recognise(Line(1, text, True))

    assert mark is not None
    assert mark.kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "Мешканці діляться спогадами про старий міст, який збудували їхні діди.",
        "Background noise on the new bridge is lower than expected, engineers found.",
        "Фото школи зробили ще до війни.",
        "Photographs of the bridge hang in every kitchen of the village.",
        "On 5 May 2020 the council met to discuss the bridge and its future.",
        "By the time the rain stopped, the bridge had gone.",
        "Теги на одязі школярі шили самі, щоб не переплутати куртки.",
        "From July:",
        "Update on the bridge will follow when the council meets again.",
        "Correction fluid was found on the plans.",
        "Раніше тут був ліс, а тепер стоїть міст.",
    ],
)
def test_text_of_a_story_is_claimed_by_none(text: str) -> None:
    line = Line(1, text, True)

    assert recognise(line) is None
    assert credits.read(line) is None


@pytest.mark.parametrize(
    ("text", "photographers", "source", "caption"),
    [
        ("Фото: Іван Лис / «Вісник»", ["Іван Лис"], "Вісник", None),
        ("Photo: Telegram/Mill River Authority", [], "Mill River Authority", None),
        ("Photograph: Ann Lee/Reuters", ["Ann Lee"], "Reuters", None),
        ("Фото надане музеєм писанки", [], "музей писанки", None),
        ("Photo credit: Getty Images", [], "Getty Images", None),
        ("Міст після ремонту. Фото: Олена Гай", ["Олена Гай"], None, "Міст після ремонту"),
        ("The bridge at dawn (Photo: Tom Reed)", ["Tom Reed"], None, "The bridge at dawn"),
        ("Відьма чекає на виставу (фото Йони Лугової)", ["Йона Лугова"], None, "Відьма чекає на виставу"),
        ("Picture: Coastwire/Ann Lee", ["Ann Lee"], "Coastwire", None),
        ("Фото зі сторінки Лиманської міської ради у Facebook", [], "Лиманська міська рада", None),
        ("Фото: скриншот відео поліції Лимана", [], "поліція Лимана", None),
        ("Фотографія надана Лиманським портом", [], "Лиманський порт", None),
        ("Handout photo: Mill Police", [], "Mill Police", None),
        ("Фото: з відкритих джерел", [], None, None),
        ("Фото ілюстративне: lymanskyi-bereh.example", [], "lymanskyi-bereh.example", None),
        ("Фото: facebook.com/lyman.park", [], None, None),
        (
            "The bridge on Oct. 1, 1950. (Ann Lee/Mill Tribune)",
            ["Ann Lee"],
            "Mill Tribune",
            "The bridge on Oct. 1, 1950.",
        ),
        (
            "A burnt-out barn by the bridge (Mill Fire Service)",
            [],
            "Mill Fire Service",
            "A burnt-out barn by the bridge",
        ),
        ("Черга біля мосту. Фото автора", [], None, "Черга біля мосту."),
        ("Fishermen on the bridge. Courtesy of Mill Museum", [], "Mill Museum", "Fishermen on the bridge."),
        ("Фото та відео: Лісгосп «Луг»", [], "Лісгосп «Луг»", None),
        ("Фото: «Вісник», Google Maps", [], "Вісник", None),
        ("The bridge stands empty. [Ann Lee/Mill Tribune]", ["Ann Lee"], "Mill Tribune", "The bridge stands empty."),
        ("На фото: дзвін після підняття. Світлина музею", [], "музей", "дзвін після підняття"),
        ("Walkers leave the bridge. Pic: Mill Trust", [], "Mill Trust", "Walkers leave the bridge"),
        ("Image caption, The bridge in 1950", [], None, "The bridge in 1950"),
    ],
)
def test_a_photo_line_tells_who_took_and_who_gave_it(
    text: str, photographers: list[str], source: str | None, caption: str | None
) -> None:
    credit = credits.read(Line(1, text, True))

    assert credit is not None
    assert [one.name for one in credit.photographers] == photographers
    assert (credit.source.name if credit.source else None) == source
    assert credit.caption == caption
