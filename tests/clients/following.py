"""What happens to a follower of the log, for the clients in both languages."""

from collections.abc import Iterator

from tests.clients.conftest import Newsroom
from tests.clients.faults import CUT, FAULTS

# In the order in which they come: each meets the next request, which may be for the feed or for the stream.
TROUBLE = [[fault] for fault in (*FAULTS, CUT)] + [["reset", "502 with a page", "429"], ["503", CUT, "goaway"]]


def follow_through_trouble(newsroom: Newsroom, positions: Iterator[int]) -> None:
    """Writes while the connection fails in every way, and the server restarts; each change must come once, in order.

    `positions` are those that the follower tells; it begins behind 0, and ends with the story "The last one".
    """
    expected = iter(range(1, 10_000))

    def catch_up() -> None:
        head = newsroom.head
        for position in positions:
            assert position == next(expected)
            if position == head:
                return
        raise AssertionError(f"the follower ended before {head}")

    catch_up()
    for number, faults in enumerate(TROUBLE):
        newsroom.proxy.faults.extend(faults)
        newsroom.proxy.drop_connections()
        newsroom.publish(f"Change {number}")
        catch_up()
    newsroom.restart()
    newsroom.publish("After the restart")
    catch_up()
    newsroom.publish("The last one")
    catch_up()
    assert not newsroom.proxy.faults
