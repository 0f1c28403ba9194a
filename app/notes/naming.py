"""Which notes have the words of a query: the stories that show these notes answer it too."""

from typing import Final

from pydantic_core import from_json

from app.changes.views import Perspective
from app.db import Reader
from app.index.checking import answers
from app.index.keys import bearing, condition_of, has_phrases
from app.index.marks import NOTE
from app.index.objects import FoundObject, newest_objects
from app.notes.texts import searched_texts
from app.words.matching import Finder
from app.words.queries import Query, Term

# So many of the newest notes with a word are looked for in stories.
MOST_NOTES: Final = 50
# The lists on which it depends which notes have a word: purge keys of answers.
NOTE_LISTS: Final = ("notes",)


async def with_notes(read: Reader, perspective: Perspective, query: Query) -> Query:
    """The query with the newest MOST_NOTES notes that have a word, or a phrase, as alternatives to it.

    What a query excludes is excluded by the words of the story itself. Cost: one statement for each word or phrase.
    """
    required: list[tuple[Term, ...]] = []
    for alternatives in query.required:
        marks = {
            mark for term in alternatives if term.field is None for mark in await _note_marks(read, perspective, term)
        }
        required.append((*alternatives, *([bearing(marks)] if marks else [])))
    return Query(tuple(required), query.excluded)


async def _note_marks(read: Reader, perspective: Perspective, term: Term) -> list[str]:
    query = Query(((term,),))
    with_body = has_phrases(query)
    notes = await newest_objects(read, perspective, ["note"], condition_of(query), MOST_NOTES, with_body=with_body)
    return [NOTE + note.slug for note in notes if not with_body or _answers(query, note)]


def _answers(query: Query, note: FoundObject) -> bool:
    return answers(Finder(query), searched_texts(from_json(note.card), from_json(note.body or "[]")))
