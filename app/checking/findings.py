"""What a check may find, and what each of it means for a newsroom."""

from typing import Final, Literal, NamedTuple

from app.changes.models import Noun

Kind = Literal["log", "document", "row", "view", "reference", "slug", "list", "counter"]

MEANINGS: Final[dict[Kind, str]] = {
    "log": "Followers, webhooks and caches may have missed a change.",
    "document": "Readers may be answered with an error, or with a text that no save has made.",
    "row": "What is due, and who names it, is looked up in this row.",
    "view": "Readers or the desk see another state than the newest, or miss it in lists.",
    "reference": "What includes it shows it with something missing.",
    "slug": "Its address leads nowhere, or to something else.",
    "list": "It is missing in a list, or stands where it does not belong.",
    "counter": "Counts and archives show a wrong number.",
}


class Deviation(NamedTuple):
    """Something that is not as it follows from the documents. `object`: (noun, ref) of whose it is, if of one."""

    kind: Kind
    place: str
    detail: str
    object: tuple[Noun, str] | None = None

    def __str__(self) -> str:
        return f"{self.kind}: {self.place}: {self.detail}. {MEANINGS[self.kind]}"
