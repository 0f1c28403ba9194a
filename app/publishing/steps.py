"""The steps between states of what has working copies: what may be changed, how it is published, how that is undone."""

from datetime import datetime
from typing import Any

from app.changes.models import Noun
from app.changes.stored import StoredObject
from app.content.lifecycle import HasLifecycle, Lifecycle
from app.errors import Conflict


def check_changeable(noun: Noun, before: StoredObject, *, as_working_copy: bool) -> None:
    """Raises: Conflict, where a working copy is in the way, or there is nothing public to work beside."""
    if as_working_copy and not before.is_public:
        raise Conflict(f"The {noun} is not public, so it has no working copy: change the {noun} itself.")
    if not as_working_copy and before.has_working_copy:
        raise Conflict(f"The {noun} has a working copy. Change, publish or discard that: …/draft.")


def check_not_withdrawn(noun: Noun, state: HasLifecycle, purpose: str) -> None:
    """Raises: Conflict, where it has been withdrawn; `purpose` is what was to be done."""
    if state.status == "withdrawn":
        raise Conflict(f"The {noun} has been withdrawn. Take it back to draft (unpublish) before {purpose}.")


def published(before: StoredObject, old: HasLifecycle, at: datetime | None, now: datetime) -> dict[str, Any]:
    """Fields of the state that is public now, or is due at an instant to come. Raises: Invalid."""
    lifecycle = Lifecycle.of(old)
    lifecycle = lifecycle.schedule(at, now) if at else lifecycle.publish(now, now, is_public=before.is_public)
    return {**lifecycle.values(), "working_copy": at is not None and before.is_public}


def released(before: StoredObject, old: HasLifecycle) -> dict[str, Any]:
    """Fields of the state in which what is due is public."""
    assert old.publish_at is not None, "only what is scheduled is due"
    return Lifecycle.of(old).publish(old.publish_at, old.publish_at, is_public=before.is_public).values()


def unpublished(before: StoredObject, old: HasLifecycle) -> dict[str, Any] | None:
    """Fields of the state that is a draft again; None where it is one that nothing public stands beside.

    What was scheduled is scheduled no more, and what is public beside it stays.
    """
    lifecycle = Lifecycle.of(old)
    if old.status == "scheduled":
        return {**lifecycle.unschedule().values(), "working_copy": before.is_public}
    if old.status == "draft" and not before.is_public:
        return None
    return lifecycle.unpublish().values()
