"""Merge patches: what is absent stays, null clears, objects merge, lists are replaced. Source: RFC 7396."""

from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import MISSING, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

from app.web.faults import invalid

Model = TypeVar("Model", bound=BaseModel)


class Patch(BaseModel):
    """A merge patch: what is absent stays, what is null goes back to its default. Source: RFC 7396."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    def document(self) -> dict[str, Any]:
        """The patch as it was sent."""
        return self.model_dump(mode="json", exclude_unset=True)


@cache
def patch_of(model: type[BaseModel]) -> type[Patch]:
    """The class of merge patches for a model: `ArticlePatch` for `ArticleIn` and for `ArticleEdit`.

    Each field may be absent, and may be null if the model has a default for it. Objects may be partial, lists are
    whole. The class checks each value by itself; `merged` checks the result as a whole.
    """
    fields: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        kind = _partial(field.annotation)
        # What holds for the whole, such as a length, does not hold for a part of it.
        checks = [each for each in field.metadata if kind == field.annotation or isinstance(each, BeforeValidator)]
        if checks:
            kind = Annotated[kind, *checks]
        if not field.is_required():
            kind = Union[kind, None]  # noqa: UP007
        patch_field = Field(default=MISSING, description=field.description, examples=field.examples)
        fields[name] = (Union[kind, MISSING], patch_field)  # noqa: UP007
    noun = model.__name__.removesuffix("In").removesuffix("Edit")
    return create_model(f"{noun}Patch", __base__=Patch, __doc__=Patch.__doc__, **fields)


def _partial(kind: Any) -> Any:
    """The type of a patch of a value of this type: objects and maps may be partial."""
    arguments = get_args(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return patch_of(kind)
    if get_origin(kind) is dict:
        key, value = arguments
        return dict[key, Union[_partial(value), None]]  # type: ignore[misc,valid-type] # noqa: UP007
    if get_origin(kind) in {Union, UnionType}:
        return Union[tuple(_partial(member) for member in arguments)]  # noqa: UP007
    if get_origin(kind) is Annotated and (partial := _partial(arguments[0])) != arguments[0]:
        return partial
    return kind


def merge(document: Any, patch: Any) -> Any:
    """The document with the patch applied. Changes neither of its arguments. Source: RFC 7396, 2.

    Models in the document that the patch leaves alone stay as they are.
    """
    if not isinstance(patch, dict):
        return patch
    if isinstance(document, BaseModel):
        document = document.model_dump(mode="json")
    result = dict(document) if isinstance(document, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge(result.get(name), value)
    return result


def merged(model: type[Model], stored: dict[str, Any], patch: Patch) -> Model:
    """The model of a stored document with the patch applied. Ignores stored fields that the model does not have.

    Values in `stored` may be JSON or models; models that the patch leaves alone are not validated again.
    Raises: Invalid, with pointers into the merged document.
    """
    names = model.model_fields.keys()
    fields = {name: value for name, value in stored.items() if name in names}
    document = merge(fields, patch.document())
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise invalid(error, document) from None
