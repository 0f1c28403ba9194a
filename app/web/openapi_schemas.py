"""The schemas of the OpenAPI document: those of answers, those of bodies, and how they are named. Knows no noun."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from pydantic_core import to_json

from app.web.answers import Json
from app.web.problems import Problem

_SCHEMA_REF: Final = "#/components/schemas/{model}"


def answered_schemas(derived: Json) -> Json:
    """The schemas of all answers, by name: those that FastAPI derived, and problems."""
    problems = [(model, "serialization") for model in (Problem, *Problem.__subclasses__())]
    _, definitions = models_json_schema(problems, ref_template=_SCHEMA_REF)  # type: ignore[arg-type]
    schemas = _named_after_unions({**derived, **definitions["$defs"]})
    for schema in schemas.values():
        _complete_schema(schema, is_answer=True)
    return schemas


def sent_schemas(models: Sequence[type[BaseModel]], answered: Json) -> tuple[dict[type[BaseModel], Json], Json]:
    """(reference to the schema of each model, schemas by name) of request bodies.

    A schema that differs from the answered schema of the same name gets the suffix `In`: `ParagraphIn`.
    """
    if not models:
        return {}, {}
    inputs = [(model, "validation") for model in models]
    refs, definitions = models_json_schema(inputs, ref_template=_SCHEMA_REF)  # type: ignore[arg-type]
    sent = _named_after_unions(definitions["$defs"])
    for schema in sent.values():
        _complete_schema(schema, is_answer=False)
    shared = {name for name in sent if name in answered}
    different = {name for name in shared if sent[name] != answered[name]}
    # A schema that refers to a renamed one differs as well.
    while more := {name for name in shared - different if {*references(sent[name])} & {*map(_schema_ref, different)}}:
        different |= more
    new_refs = {_schema_ref(name): _schema_ref(f"{name}In") for name in different}
    schemas = {f"{name}In" if name in different else name: _renamed(sent[name], new_refs) for name in sent}
    assert len(schemas) == len(sent)
    assert not {f"{name}In" for name in different} & {*answered}
    return {model: _renamed(refs[(model, "validation")], new_refs) for model in models}, schemas


def _named_after_unions(schemas: Json) -> Json:
    """The schemas, where members of a union with a discriminator have its name behind their own: `ParagraphBlock`.

    A generated client has all schemas in one list, where `Code`, `List` or `Table` say too little.
    """
    new_names = {
        member: member + union
        for union, schema in schemas.items()
        if "discriminator" in schema
        for member in (reference.rpartition("/")[2] for reference in references(schema["oneOf"]))
        if not member.endswith(union)
    }
    new_refs = {_schema_ref(old): _schema_ref(new) for old, new in new_names.items()}
    return {new_names.get(name, name): _renamed(schema, new_refs) for name, schema in schemas.items()}


def _schema_ref(name: str) -> str:
    return _SCHEMA_REF.format(model=name)


def _renamed(part: Any, new_refs: Mapping[str, str]) -> Any:
    """A part of the document in which every text that is a key of `new_refs` is replaced."""
    if isinstance(part, dict):
        return {key: _renamed(value, new_refs) for key, value in part.items()}
    if isinstance(part, list):
        return [_renamed(value, new_refs) for value in part]
    return new_refs.get(part, part) if isinstance(part, str) else part


def _complete_schema(schema: Json, *, is_answer: bool) -> None:
    """Removes titles, which repeat the names, and defaults: of some generators they make required what may be left out.

    An answer loses `additionalProperties: false` too: clients must accept fields that are added later. In a body, a
    default that is more than empty is told in the description.
    """
    schema.pop("title", None)
    if is_answer and schema.get("additionalProperties") is False:
        del schema["additionalProperties"]
    for field in schema.get("properties", {}).values():
        field.pop("title", None)
        default = field.pop("default", None)
        if default and not is_answer:
            text = f"`{to_json(default).decode()}` where it is left out."
            field["description"] = " ".join(filter(None, (field.get("description"), text)))
        _describe_maps(field)


def _describe_maps(schema: Json) -> None:
    """Describes maps by `additionalProperties`; few tools understand `patternProperties`, which Pydantic writes."""
    for pattern, value in schema.pop("patternProperties", {}).items():
        schema["propertyNames"] = {"pattern": pattern, **schema.get("propertyNames", {})}
        schema["additionalProperties"] = value
    if isinstance(values := schema.get("additionalProperties"), dict):
        _describe_maps(values)
    for kind in schema.get("anyOf", ()):
        _describe_maps(kind)


def references(part: Any) -> Iterator[str]:
    """The values of `$ref` in a part of the document."""
    if isinstance(part, dict) and isinstance(part.get("$ref"), str):
        yield part["$ref"]
    elif isinstance(part, dict | list):
        for value in part.values() if isinstance(part, dict) else part:
            yield from references(value)
