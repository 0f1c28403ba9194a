"""Merge patches: what is absent stays, null clears, objects merge, lists are replaced. Source: RFC 7396."""

from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import MISSING, BaseModel, ConfigDict, Field, ValidationError, create_model

from app.web.problems import invalid

Model = TypeVar("Model", bound=BaseModel)


class Patch(BaseModel):
    """A merge patch: what is absent stays, what is null goes back to its default. Source: RFC 7396."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    def document(self) -> dict[str, Any]:
        """The patch as it was written."""
        return self.model_dump(mode="json", exclude_unset=True)


@cache
def patch_of(model: type[BaseModel]) -> type[Patch]:
    """The merge patches of what the model takes: `ArticleIn` and `ArticleEdit` have `ArticlePatch`.

    Each field may be absent, and null where the model has a default; objects may be given in part; lists are whole.
    What does not fit in itself is refused by it, what does not fit with the rest by `merged`.
    """
    fields: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        kind = _partly(field.annotation)
        if kind == field.annotation and field.metadata:
            kind = Annotated[kind, *field.metadata]
        if not field.is_required():
            kind = Union[kind, None]  # noqa: UP007
        told = Field(default=MISSING, description=field.description, examples=field.examples)
        fields[name] = (Union[kind, MISSING], told)  # noqa: UP007
    noun = model.__name__.removesuffix("In").removesuffix("Edit")
    return create_model(f"{noun}Patch", __base__=Patch, __doc__=Patch.__doc__, **fields)


def _partly(kind: Any) -> Any:
    """The type of what a patch may hold where the whole is of this kind."""
    inner = get_args(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return patch_of(kind)
    if get_origin(kind) is dict:
        key, value = inner
        return dict[key, Union[_partly(value), None]]  # type: ignore[misc,valid-type] # noqa: UP007
    if get_origin(kind) in {Union, UnionType}:
        return Union[tuple(_partly(one) for one in inner)]  # noqa: UP007
    if get_origin(kind) is Annotated and (part := _partly(inner[0])) != inner[0]:
        return part
    return kind


def merge(document: Any, patch: Any) -> Any:
    """The document with the patch laid over it; neither is changed. Source: RFC 7396, 2."""
    if not isinstance(patch, dict):
        return patch
    found = dict(document) if isinstance(document, dict) else {}
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = merge(found.get(name), value)
    return found


def merged(model: type[Model], stored: dict[str, Any], patch: Patch) -> Model:
    """What the model takes of the stored document with the patch laid over it; its other fields are left aside.

    Raises: Invalid, with pointers into the merged document.
    """
    known = {name: value for name, value in stored.items() if name in model.model_fields}
    document = merge(known, patch.document())
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise invalid(error, document) from None
