"""TypedDicts for the client in Python, from the schemas and operations of an OpenAPI document."""

from keyword import iskeyword
from typing import Any, Final

Json = dict[str, Any]
SCALARS: Final = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
HEAD: Final = '''"""What the API is sent and answers. Made from the OpenAPI document by `make clients`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NotRequired, TypedDict
'''


def module(document: Json) -> str:
    """The text of the module: a class for each schema, and for the query of each GET, with its `fields` apart."""
    classes, aliases = [], []
    for name, schema in document["components"]["schemas"].items():
        if "properties" in schema or schema.get("type") == "object":
            classes.append(_typed_dict(name, schema))
        else:
            aliases.append(f"{name} = {type_of(schema)}")
    for operations in document["paths"].values():
        for method, operation in operations.items():
            if method == "get":
                name = "".join(part.title() for part in operation["operationId"].split("_"))
                query = [each for each in operation["parameters"] if each["in"] == "query"]
                fields = [each for each in query if each["name"] == "fields"]
                aliases += [f"{name}Field = {type_of(each['schema']['items'])}" for each in fields]
                # A keyword of Python cannot name an argument.
                names = {each["name"]: each["name"] + "_" * iskeyword(each["name"]) for each in query}
                properties = {names[each["name"]]: each["schema"] for each in query if each["name"] != "fields"}
                classes.append(_typed_dict(f"{name}Query", {"properties": properties}, is_query=True))
    return "\n\n\n".join([HEAD.rstrip(), *classes, "\n".join(aliases)]) + "\n"


def _typed_dict(name: str, schema: Json, *, is_query: bool = False) -> str:
    properties = schema.get("properties", {})
    types = {key: type_of(each, is_query=is_query) for key, each in properties.items()}
    required = set(types) if is_query else {*schema.get("required", ())}
    if not all(key.isidentifier() and not iskeyword(key) for key in types):
        members = {key: each if key in required else f"NotRequired[{each}]" for key, each in types.items()}
        return f'{name} = TypedDict("{name}", {members!r})'
    lines = [f"    {key}: {each if key in required else f'NotRequired[{each}]'}" for key, each in types.items()]
    return "\n".join([f"class {name}(TypedDict{', total=False' if is_query else ''}):", *(lines or ["    pass"])])


def type_of(schema: Json, *, is_query: bool = False) -> str:
    """The type of a schema. A list in a query may be the one value that it has."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for kind in ("anyOf", "oneOf"):
        if kind in schema:
            return " | ".join(dict.fromkeys(type_of(each) for each in schema[kind]))
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return f"Literal[{', '.join(_literal(value) for value in values)}]"
    match schema.get("type"):
        case "array" if is_query:
            item = type_of(schema["items"])
            return f"{item} | Sequence[{item}]"
        case "array":
            return f"list[{type_of(schema['items'])}]"
        case "object":
            values = schema.get("additionalProperties", True)
            return f"dict[str, {type_of(values) if isinstance(values, dict) else 'Any'}]"
        case str(kind):
            return SCALARS[kind]
    return "Any"


def _literal(value: str | int) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
