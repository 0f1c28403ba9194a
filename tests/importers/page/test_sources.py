"""Who is a source: posts no list knows, groups without names, papers, guests of interviews."""

import pytest

from app.importers.page import attributions, names, quotes
from tests.importers.page.reading import article, named, read_page


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The lamp was lit again on Friday, the harbour trust reports this on Telegram.", ["harbour trust"]),
        ("Two officials told the Echo that the ferry would not sail before May.", ["officials"]),
        ("People familiar with the talks said the trust would pay.", ["people familiar with the talks"]),
        ("Residents said the noise kept them awake at night.", []),
        ("According to a memo seen by the Marsh Echo, the trust knew of the fault.", ["Marsh Echo"]),
        ("The trust knew, according to a report by the Safety Board seen by the Marsh Echo.",
         ["Safety Board", "Marsh Echo"]),
        ("Eels have come back, according to a study in the journal River Letters.", ["River Letters"]),
        ("The ferry is late, according to Marsh Radio, which cited the harbour trust.",
         ["Marsh Radio", "harbour trust"]),
        ("A port official, speaking on condition of anonymity because the talks go on, said the trust would pay.",
         ["port official"]),
        ("Two nurses, who asked for their names to be left out, said staff had not been told.", ["nurses"]),
        ("According to harbour trust data, the ferry is late.", ["harbour trust"]),
        ("Fares, the minister said, would not rise before May.", ["minister"]),
        ("The trust raised its fares on Friday, the minister said in a statement.", ["minister"]),
        ("The river rose by a metre on Monday, Mayor Ann Lee told reporters.", ["Ann Lee"]),
        ("Ann Lee, the mayor, said the ferry was late.", ["Ann Lee"]),
        ("The ferry is late, Reuters reports, citing the harbour trust.", ["Reuters", "harbour trust"]),
        ("The ferry will not sail before May, annual reports, minutes and letters show.", []),
        ("З п'ятниці, 3 травня, у Лимані ходить нічний паром №9, повідомили в порту.", ["порт"]),
        ("Місце коштує 45 гривень, ідеться в оголошенні порту.", ["порт"]),
        ("У прес-службі порту уточнили: ремонт почнуть у травні.", ["прес-служба порту"]),
        ("Headteacher Ann Lee told parents in a letter seen by the Marsh Echo that the school would open.",
         ["Marsh Echo", "Ann Lee"]),
        ("Чергова метеорологиня Гервасія Тихоступ у коментарі «Хвилі» розповіла, що гроза прийде ввечері.",
         ["Гервасія Тихоступ"]),
        ("Про це йдеться в дописі КП «Зеленбуд» у Facebook.", ["КП «Зеленбуд»"]),
        ("Двоє посадовців розповіли «Вісникові», що паром не вийде до травня.", ["посадовці"]),
        ("За словами мешканців, шум не стихає.", ["мешканці"]),
        ("За словами одного з пасажирів, паром хитнуло двічі.", ["один з пасажирів"]),
        ("Як зазначено в пресрелізі порту, ремонт триватиме місяць.", ["порт"]),
        ("Про це йдеться в телеграм-каналі міської ради Лиману.", ["міська рада Лиману"]),
        ("У школі «Промінь» на запитання редакції відповіли, що навчання почнуть у вересні.", ["школа «Промінь»"]),
        ("Паром стоїть, пише «Хвиля», яка посилається на порт.", ["Хвиля", "порт"]),
        ("In a post on X, Transport Minister Brack Ostler wrote that the ferry was safe.", ["Brack Ostler"]),
        ("The Port of Lowmere's pilotage desk declined to say when the ferry would sail.", []),
        ("У пресслужбі порту, якому належить кран, заявили, що паром вийде.", ["пресслужба порту"]),
        ("Про це йдеться у попередженні порту.", ["порт"]),
        ("В Укренерго прогнозують, що світло повернуть до вечора.", ["Укренерго"]),
        ("Про це поінформували у порту та Лиманській міській раді.", ["порт", "Лиманська міська рада"]),
        ("Паром вийде завтра, повідомили в поліції та у дирекції порту.", ["поліція", "дирекція порту"]),
        ("The ferry will sail, the port authority and the harbour trust said in a statement.",
         ["port authority", "harbour trust"]),
        ("Про це повідомили в інституті музеїв і бібліотек.", ["інститут музеїв і бібліотек"]),
        ("Лоцман порту Марко Тихоступ в інтерв’ю радіо «Хвиля» розповів, що вчить морські вузли.", ["Марко Тихоступ"]),
        ("A count by Marsh College recorded 34 kinds of moss.", []),
        ("A survey by Marsh College recorded 34 kinds of moss.", ["Marsh College"]),
        ("Командир загону на позивний «Хміль» розповів, що вчить школярів.", ["Хміль"]),
        ("Про це йдеться у звіті порту за минулий рік.", ["порт"]),
        ("As reported by the Marsh Echo in February, the ferry is late.", ["Marsh Echo"]),
        ("This was reported by the port's press service, Promin reports with reference to the trust's web page.",
         ["port's press service", "Promin", "trust"]),
        ("Голова профспілки Ю. Козир наголосив, що водії чекають.", ["Ю. Козир"]),
        ("Такі дані оприлюднило управління статистики в Лимані.", ["управління статистики в Лимані"]),
        ("The number fell, according to a survey published on Monday by the Marsh College.", ["Marsh College"]),
        ("Капітанка «Хвилі» Ївга Пасічник визнала, що команді забракло сил.", ["Ївга Пасічник"]),
        ("Repairs cost £9,000, half of it from a fund, the line's guard, Quill Tarn, told a meeting.", ["Quill Tarn"]),
        ("Як повідомили у Головному управлінні статистики, врожай зріс.", ["Головне управління статистики"]),
        ("Про це «Лиманській правді» повідомили джерела у правоохоронних органах.", []),
        ("Averia's state broadcaster, AV1, reported that customs posts would be rebuilt.", ["AV1"]),
        ("Its owner, the charity Marsh Together, said the mill would stay.", ["Marsh Together"]),
        ("The force's agency, Ann Lee, said the mill would stay.", ["Ann Lee"]),
        ("A ferry spokeswoman apologised and said every passenger would be paid.", ["ferry spokeswoman"]),
        ("Її чоловік Матвій Чайка, який будує човни, розповів «Лиманським новинам», що дошки є.", ["Матвій Чайка"]),
        ("Sheriff Brack Ostler responded that nobody had crossed the bridge.", ["Brack Ostler"]),
        ("Графік ремонту оприлюднила на своїй сторінці у Фейсбуці Лиманська міська рада.", ["Лиманська міська рада"]),
        ("Лоцманка Злата Лис у розмові з «Хвилею» назвала ремонт «латанням сита».", ["Злата Лис"]),
        ("The union said it was glad, while the Boat Hauliers' Association warned of delays.",
         ["union", "Boat Hauliers' Association"]),
        ("The ferry is late, according to minutes published on the council's website.", ["council"]),
        ("The ferry is safe, and the Marsh Echo reported that a survey was under way.", ["Marsh Echo"]),
        ("A study published in the journal River Letters in August found that ladders worked.", ["River Letters"]),
        ("The ferry operator Coastlink said in a statement that it would look at the plan.", ["Coastlink"]),
        ("Про це заявив перевізник «Світанок».", ["перевізник «Світанок»"]),
        ("Паром коштує вдвічі більше, порахували в спілці лоцманів.", ["спілка лоцманів"]),
    ],
)  # fmt: skip
def test_a_sentence_names_its_sources(text: str, found: list[str]) -> None:
    assert [one.party.name for one in attributions.find(text)] == found


def test_what_is_told_is_no_channel() -> None:
    (told,) = attributions.find("Its secretary, Ann Lee, said members had learned of the closure from the radio.")
    (wrote,) = attributions.find("Ann Lee, the mayor, said in a post on Facebook that the bridge was safe.")

    assert (told.channel, wrote.channel) == (None, "social")


@pytest.mark.parametrize("name", ["The ferry operator Coastlink", "перевізник «Світанок»", "забудовник «Обрій»"])
def test_a_carrier_with_a_name_is_no_person(name: str) -> None:
    party = names.read(name)

    assert party is not None
    assert party.type == "organisation"


def test_a_journal_is_named_with_the_words_that_cite_it() -> None:
    (found,) = attributions.find("Eels have come back, according to a study in the journal River Letters.")

    assert (found.party.type, found.words) == ("media", "according to a study in the journal River Letters")


def test_who_tells_this_newspaper_says_it() -> None:
    (found,) = attributions.find("The boats will wait below, the guild's chair, Ann Lee, told this newspaper.")

    assert (found.party.name, found.role, found.channel) == ("Ann Lee", "said_by", "interview")


def test_a_paper_on_a_site_has_the_site_as_its_channel() -> None:
    (found,) = attributions.find("Паром стоїть, ідеться в повідомленні на сайті міської ради.")

    assert (found.party.name, found.channel) == ("міська рада", "website")


def test_a_rescue_service_that_is_cited_reports() -> None:
    found = attributions.find("Причал розбило, передає «Радіо Хвиля» з посиланням на рятувальників.")

    assert [(one.party.name, one.role) for one in found] == [
        ("Радіо Хвиля", "reported_by"),
        ("рятувальники", "reported_by"),
    ]


def test_who_tells_an_outlet_says_and_who_posts_reports() -> None:
    told = attributions.find("Про це «Ранку» сказала речниця порту Ганна Верба.")
    posted = attributions.find("Про це речниця порту Ганна Верба повідомила у Facebook.")

    assert [(one.role, one.channel) for one in told + posted] == [("said_by", "interview"), ("reported_by", "social")]


@pytest.mark.parametrize(
    ("phrase", "name", "position"),
    [
        ("eel-catcher Brack Ostler", "Brack Ostler", "eel-catcher"),
        ("виконавиця головної ролі Мавра Тихоступ", "Мавра Тихоступ", None),
    ],
)
def test_words_before_a_name_tell_a_post_that_no_list_knows(phrase: str, name: str, position: str | None) -> None:
    party = names.read(phrase)

    assert party is not None
    assert (party.name, party.type) == (name, "person")
    assert position is None or party.position == position


@pytest.mark.parametrize(
    "phrase", ["grid operator North Power", "the village Upper Marsh", "the journal River Letters"]
)
def test_words_that_head_names_or_places_tell_no_post(phrase: str) -> None:
    party = names.read(phrase)

    assert party is None or party.type != "person"


def test_a_group_without_names_may_speak_and_is_known_as_written() -> None:
    read = read_page(
        "Bridge closed\n\nThe bridge was closed on Monday because of a crack in its oldest pillar.\n\n"
        "“We were not told anything,” said two residents of the street.\n"
    )
    source = next(one for one in read.documents if one["noun"] == "source")

    assert (source["identity"], source["names"], source["aliases"]) == (
        "role_only",
        {"en": "residents of the street"},
        ["two residents of the street"],
    )


def test_a_paper_speaks_for_the_body_that_was_named_before() -> None:
    read = read_page(
        "Паром зупинили\n\nПаром зупинили через тріщину, повідомила інспекція порту.\n\n"
        "«Тріщину видно з берега вже другий рік», — ідеться у звіті.\n"
    )

    assert [block["source"] for block in article(read)["body"] if block["type"] == "quote"] == ["inspektsiia-portu"]


def test_a_surname_is_that_of_the_person_who_begins_a_sentence() -> None:
    read = read_page(
        "Keeper scores twice\n\nIt was cold. Hanne Brook, 34, scored at last. Brook told IslandTV that she was tired.\n"
    )

    assert named(read, "source") == ["Hanne Brook"]


def test_the_woman_is_she_who_spoke_before() -> None:
    read = read_page(
        "Вода повернулася\n\nМешканка вулиці Катерина Луг розповіла, що носила воду з колодязя.\n\n"
        "Воду дали вранці.\n\n"
        "«Онуки митимуться, — усміхається жінка. — Хай не розвчаться».\n"
    )

    assert [block["source"] for block in article(read)["body"] if block["type"] == "quote"] == ["kateryna-luh"]


@pytest.mark.parametrize(
    ("before", "post"),
    [
        ("Марко Тихоступ розповів, що збирав цвіт за млином.", "пасічник"),
        ("Захисник Марко Тихоступ наголосив, що доказів немає.", "адвокат"),
    ],
)
def test_a_post_alone_is_that_of_the_man_who_spoke_before(before: str, post: str) -> None:
    read = read_page(f"Липа відцвіла\n\n{before}\n\n«Такого літа я ще не бачив», — зізнається {post}.\n")

    assert named(read, "source") == ["Марко Тихоступ"]


@pytest.mark.parametrize(
    ("before", "post"),
    [
        ("Марко Тихоступ розповів, що збирав цвіт за млином.", "пасічниця"),
        ("Лісник Марко Тихоступ розповів, що збирав цвіт за млином.", "пасічник"),
    ],
)
def test_a_post_alone_of_another_is_another_source(before: str, post: str) -> None:
    read = read_page(f"Липа відцвіла\n\n{before}\n\n«Такого літа я ще не бачила», — зізнається {post}.\n")

    assert named(read, "source") == ["Марко Тихоступ", post]


def test_a_post_that_the_headline_tells_is_known_in_the_story() -> None:
    read = read_page(
        "Пасічник Марко Тихоступ шукає спадкоємця\n\nМарко Тихоступ має сорок вуликів і жодного учня.\n\n"
        "«Бджола чекати не буде», — зізнається пасічник.\n"
    )

    assert named(read, "source") == ["Марко Тихоступ"]


def test_the_newsrooms_own_reporter_is_no_source_and_the_official_is_who_spoke() -> None:
    read = read_page(
        "Паром\n\nПро це сказав начальник порту Іван Лис, передає кореспондент «Хвилі».\n\n"
        "За словами посадовця, ремонт почнуть у травні.\n"
    )

    assert named(read, "source") == ["Іван Лис"]


def test_he_is_whom_the_paragraph_before_begins_with() -> None:
    read = read_page(
        "Late Ostler reaches the other bank\n\nBrack Ostler rowed for three decades, and Quill Tarn is to follow.\n\n"
        "“I fell in at once,” said Quill Tarn.\n\nOstler fell in eleven times. He kept a list.\n\n"
        "“The river is never the same twice,” he says.\n"
    )

    assert [block["source"] for block in article(read)["body"] if block["type"] == "quote"] == [
        "quill-tarn",
        "brack-ostler",
    ]


def test_the_musician_is_not_the_singer_whose_post_is_a_womans() -> None:
    read = read_page(
        "Грає оркестр\n\nЛоцман Морган Тихоступ розповів, що вчить вузли. Виступить і співачка Мавка Дощ.\n\n"
        "«Вузол я вже зав'яжу», — сміється музикант.\n"
    )

    assert named(read, "source") == ["Морган Тихоступ"]


def test_he_is_whom_the_newsroom_asked() -> None:
    read = read_page(
        "Slow boat\n\nWe asked the captain, Brack Ostler, why he stays. “Somebody has to wave,” he said.\n"
    )

    assert named(read, "source") == ["Brack Ostler"]


def test_a_person_according_to_whom_something_is_so_said_it() -> None:
    read = article(read_page("Bees return\n\n“Hives are heavy,” said Ann Lee. Prices could fall, according to Lee.\n"))

    assert {one["role"] for one in read["attributions"]} == {"said_by"}


def test_an_item_of_a_list_names_its_source() -> None:
    read = read_page(
        "Mill burns\n\nThis much is known:\n\n"
        "• The alarm was raised at 3:40, the Fire Service wrote on Facebook.\n• Nobody was hurt.\n"
    )

    assert named(read, "source") == ["Fire Service"]


def test_the_head_of_a_body_named_in_full_is_that_person() -> None:
    read = read_page(
        "Паром зупинили\n\nГолова міської ради Ганна Верба сказала «Вісникові», що паром стоїть.\n\n"
        "«Ремонт почнемо завтра», — додала голова ради.\n"
    )

    assert named(read, "source") == ["Ганна Верба"]


def test_answers_of_an_interview_are_the_guests_words() -> None:
    read = read_page(
        "«Човен любить тишу»: розмова з човнярем Гервасієм Тихоступом\n\n"
        "Гервасій Тихоступ будує човни сорок років. Ми розпитали його про смолу та хвилю.\n\n"
        "Скільки човнів ви збудували?\n\n— Двісті шість. Перший потонув.\n\n"
        "Що далі?\n\n— Далі море. Інших планів не маю.\n"
    )
    quoted = [block for block in article(read)["body"] if block["type"] == "quote"]

    assert [block["html"] for block in quoted] == ["Двісті шість. Перший потонув.", "Далі море. Інших планів не маю."]
    assert {one["channel"] for one in article(read)["attributions"]} == {"interview"}
    assert named(read, "source") == ["Гервасій Тихоступ"]


@pytest.mark.parametrize(
    ("text", "words", "speaker", "after"),
    [
        ("— Дах лежить на стадіоні, — розповів тренер Іван Лис. Заняття він скасував.", "Дах лежить на стадіоні",
         "Іван Лис", "Заняття він скасував."),
        ("'Glass this old doesn't forgive a rope,' said Ann Lee, the trust's keeper.",
         "Glass this old doesn't forgive a rope,", "Ann Lee", ""),
        ("A person familiar with the talks, who asked not to be named as they were not over, said: “Both sides left.”",
         "Both sides left.", "person familiar with the talks", ""),
        ("Police said nobody fell in. “One tuba did,” a spokeswoman joked.", "One tuba did,", "spokeswoman", ""),
        ("«Підстав зупиняти паром немає», — ідеться у листі за підписом начальника порту Марка Тихоступа.",
         "Підстав зупиняти паром немає", "Марко Тихоступ", ""),
        ("“My first sailor said, ‘Is it deep?’” Ann Lee recalled. “It was.”",
         "My first sailor said, ‘Is it deep?’ It was.", "Ann Lee", ""),
        ("Оксана, медсестра: «Ішла пішки годину».", "Ішла пішки годину", "Оксана", ""),
        ("«Воду носимо з річки», — розповіла кореспондентові «Хвилі» Ганна Верба.", "Воду носимо з річки",
         "Ганна Верба", ""),
        ("«Саме воно не займається», — знизує плечима Лис.", "Саме воно не займається", "Лис", ""),
        ("“One hour is enough,” the hospital's director, Dr Ann Lee, is quoted as saying.", "One hour is enough,",
         "Ann Lee", ""),
    ],
)  # fmt: skip
def test_a_quotation_ends_where_its_speaker_does(text: str, words: str, speaker: str, after: str) -> None:
    found = quotes.find(text)

    assert found is not None
    assert found.clause is not None
    assert (" ".join(found.parts), found.clause.party.name, found.after) == (words, speaker, after)


def test_scare_quotes_between_single_marks_are_no_quotation() -> None:
    assert quotes.find("Pilots call the closure a 'glass tide' and the keepers' cottages a 'palace'.") is None


def test_a_body_is_not_meant_by_the_word_for_another() -> None:
    read = read_page(
        "Ferry returns\n\nThe ferry sailed again on Saturday, the port authority said in a statement.\n\n"
        "According to the council, some 400 people were on board.\n"
    )

    assert named(read, "source") == ["port authority", "council"]


def test_the_council_is_the_one_that_the_page_describes_most_fully() -> None:
    read = read_page(
        "Паром стоїть\n\nПаром належить Лиманській міській раді. У раді відповіли, що ремонт почнуть у травні.\n\n"
        "Депутати міської ради просять поспішити.\n"
    )

    assert named(read, "source") == ["Лиманська міська рада"]


def test_their_report_speaks_for_the_body_named_before() -> None:
    read = read_page(
        "Tower sound\n\nRepairs are cheap, according to a survey by engineers Dunmore & Lowe.\n\n"
        "“The tower is sound, the roof is not,” their report says.\n"
    )

    assert named(read, "source") == ["Dunmore & Lowe"]


def test_one_word_that_stands_within_sentences_is_a_body() -> None:
    read = read_page(
        "Heaters recalled\n\nOwners of Brightway heaters must unplug them. Brightway, which made them, said it was "
        "sorry. The company added that it would pay.\n\nTidings said nothing of the sort.\n"
    )

    assert named(read, "source") == ["Brightway"]


def test_a_post_speaks_for_the_person_who_wrote_it() -> None:
    read = read_page(
        "Притулок просить допомоги\n\nПро це на своїй сторінці у Facebook написала засновниця Рената Чайка.\n\n"
        "«Кожен собака їде з нашийником і ковдрою», — йдеться в дописі.\n"
    )

    assert [block["source"] for block in article(read)["body"] if block["type"] == "quote"] == ["renata-chaika"]


def test_it_is_the_body_named_before() -> None:
    read = read_page(
        "Ferry late\n\nThe ferry is late, the harbour trust said.\n\n"
        "“Safety is our first concern,” it said in a statement to the Echo.\n"
    )

    assert named(read, "source") == ["harbour trust"]


def test_who_announces_words_without_a_verb_of_speech_speaks_them() -> None:
    read = read_page(
        "Музей обікрали\n\nПро це повідомив начальник поліції Гліб Тихоступ.\n\n"
        "Директорка музею Агнія Луг не стримує сліз:\n\n«Це єдина така річ у краї. Поверніть її!»\n"
    )

    assert [block["source"] for block in article(read)["body"] if block["type"] == "quote"] == ["ahniia-luh"]


def test_the_administration_is_the_one_that_an_adjective_tells() -> None:
    read = read_page(
        "Паром стоїть\n\nПаромом опікується районна адміністрація, а возить він товар кооперативу «Лан».\n\n"
        "У кооперативі «Лан» заявили, що чекатимуть. В адміністрації відповіли, що ремонт почнуть у травні.\n"
    )

    assert named(read, "source") == ["кооператив «Лан»", "районна адміністрація"]


def test_a_post_before_a_name_is_no_clause() -> None:
    read = read_page("River rises\n\nThe river rose by a metre on Monday, Mayor Ann Lee said in a statement.\n")

    (source,) = (one for one in read.documents if one["noun"] == "source")
    assert (source["names"], source["description"]) == ({"en": "Ann Lee"}, {"en": "Mayor"})


def test_the_box_about_the_author_is_no_reference_note() -> None:
    read = read_page(
        "Ferry returns\n\nThe ferry sailed again on Saturday, after a year in the dock.\n\n"
        "ABOUT THE AUTHOR\nAnn Lee reports from the harbour for this newspaper.\n"
    )

    assert named(read, "note") == []
