"""What collections name: whether the stories that they pin are there, and the words of their fill can be read."""

from collections.abc import Sequence

from app.articles.references import missing_articles
from app.changes.log import Transaction
from app.collections.fill import parsed_fill
from app.collections.schemas import CollectionState
from app.errors import Fault
from app.words.queries import QueryError, parse


async def missing_pins(transaction: Transaction, collections: Sequence[CollectionState]) -> list[Fault]:
    """Faults for pinned articles that do not exist; pointers begin with the index in `collections`.

    The others are locked against deletion. Cost: one statement for each thousand.
    """
    pinned = {str(id) for collection in collections for id in collection.pinned}
    missing = await missing_articles(transaction, pinned)
    return [
        Fault(f"there is no article {id}", "unknown", pointer=f"/{index}/pinned/{place}")
        for index, collection in enumerate(collections)
        for place, id in enumerate(collection.pinned)
        if str(id) in missing
    ]


def broken_words(collections: Sequence[CollectionState]) -> list[Fault]:
    """Faults for fills whose `q` cannot be read. A write transaction has loaded what reading it takes."""
    faults = []
    for index, collection in enumerate(collections):
        words = None if collection.fill is None else parsed_fill(collection.fill).q
        try:
            if words is not None:
                parse(words)
        except QueryError as error:
            faults.append(Fault(f"`q`: {error}", "broken-query", pointer=f"/{index}/fill"))
    return faults
