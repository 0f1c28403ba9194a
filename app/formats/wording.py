"""Words that renditions add to a text, in the languages that Dovidka's newsrooms write in."""

from typing import Final, Literal

Word = Literal[
    "published", "updated", "as_of", "sources", "related", "tags", "corrections", "correction", "clarification",
    "editors_note", "picture", "video", "author", "reported_by", "said_by", "published_by", "photographer", "document",
    "data", "editor", "translator", "sensitive", "graphic", "sponsored", "previous_coverage", "follow_up",
    "background", "correction_of", "same_event",
]  # fmt: skip

_ENGLISH: Final[dict[Word, str]] = {
    "published": "Published",
    "updated": "Updated",
    "as_of": "As of",
    "sources": "Sources",
    "related": "Related",
    "tags": "Tags",
    "corrections": "Corrections",
    "correction": "Correction",
    "clarification": "Clarification",
    "editors_note": "Editor’s note",
    "picture": "Picture",
    "video": "Video",
    "author": "author",
    "reported_by": "reported",
    "said_by": "said",
    "published_by": "published",
    "photographer": "photographer",
    "document": "document",
    "data": "data",
    "editor": "editor",
    "translator": "translator",
    "sensitive": "Sensitive content",
    "graphic": "Graphic content",
    "sponsored": "Sponsored content",
    "previous_coverage": "Earlier",
    "follow_up": "Follow-up",
    "background": "Background",
    "correction_of": "Corrects",
    "same_event": "Same event",
}
_UKRAINIAN: Final[dict[Word, str]] = {
    "published": "Опубліковано",
    "updated": "Оновлено",
    "as_of": "Станом на",
    "sources": "Джерела",
    "related": "Читайте також",
    "tags": "Теги",
    "corrections": "Виправлення",
    "correction": "Виправлення",
    "clarification": "Уточнення",
    "editors_note": "Від редакції",
    "picture": "Зображення",
    "video": "Відео",
    "author": "автор",
    "reported_by": "повідомляє",
    "said_by": "каже",
    "published_by": "публікує",
    "photographer": "фото",
    "document": "документ",
    "data": "дані",
    "editor": "редагує",
    "translator": "перекладає",
    "sensitive": "Чутливий зміст",
    "graphic": "Відверті сцени",
    "sponsored": "Оплачений матеріал",
    "previous_coverage": "Раніше",
    "follow_up": "Продовження",
    "background": "Передісторія",
    "correction_of": "Виправляє",
    "same_event": "Про ту саму подію",
}
_WORDS: Final = {"uk": _UKRAINIAN, "en": _ENGLISH}


def words_of(language: str) -> dict[Word, str]:
    """The words in this language; in English where it is neither Ukrainian nor English."""
    return _WORDS.get(language.partition("-")[0], _ENGLISH)
