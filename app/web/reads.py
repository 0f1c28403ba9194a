"""Answers GET requests without FastAPI's router and dependency solver, which cost several times what a read costs.

Endpoints are declared once, as FastAPI routes, and the OpenAPI document comes from them. So does the plan that this
module makes of each at start: which dependencies the endpoint has, in FastAPI's order, and where their arguments come
from. Answering a read is then a loop over that plan. Whatever does not fit a plan is left to FastAPI: other methods,
header parameters, dependencies that yield, addresses that no route has.
"""

from collections.abc import Awaitable, Callable, Iterable
from inspect import iscoroutinefunction
from typing import Annotated, Any, NamedTuple

from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import RouteContext
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import Refusal, ReplicaFailed
from app.web.parameters import QueryModel
from app.web.problems import refused

# The place of the request among the values of a plan; the values of the path follow.
_REQUEST = 0


class _Step(NamedTuple):
    """One call of a plan: a dependency, or the endpoint, with the places where its arguments are found."""

    call: Callable[..., Awaitable[Any]]
    arguments: tuple[tuple[str, int], ...]


class _Unplannable(Exception):
    """The endpoint takes something that only FastAPI provides."""


class _PathValue:
    """A step: one part of the path as the type that the endpoint declares."""

    def __init__(self, name: str, place: int, annotation: Any) -> None:
        self.name = name
        self.place = place
        self._type = TypeAdapter[Any](annotation)

    async def __call__(self, text: str) -> Any:
        """Raises: RequestValidationError."""
        try:
            return self._type.validate_python(text)
        except ValidationError as error:
            findings = [{**finding, "loc": ("path", self.name)} for finding in error.errors(include_url=False)]
            raise RequestValidationError(findings) from None


class ReadPlan:
    """How to call one endpoint: its dependencies in order, each once, and the endpoint last."""

    def __init__(self, path: str, dependant: Dependant) -> None:
        """Raises: _Unplannable."""
        assert dependant.call is not None
        self.endpoint = dependant.call
        self._path_names = [part[1:-1].partition(":")[0] for part in path.split("/") if part.startswith("{")]
        self._steps: list[_Step] = []
        self._places: dict[Any, int] = {}
        self._plan(dependant)

    async def answer(self, request: Request, path_values: list[str]) -> Response:
        """Raises: Refusal, RequestValidationError."""
        values: list[Any] = [request, *path_values]
        for call, arguments in self._steps:
            values.append(await call(**{name: values[place] for name, place in arguments}))
        response: Response = values[-1]
        return response

    def _plan(self, dependant: Dependant) -> int:
        """Appends the steps of a dependency, those that it depends on first; returns the place of its value."""
        call = dependant.call
        if call in self._places:
            return self._places[call]
        is_async = iscoroutinefunction(call) or iscoroutinefunction(getattr(call, "__call__", None))  # noqa: B004
        if not is_async or dependant.header_params or dependant.cookie_params or dependant.body_params:
            raise _Unplannable
        arguments: list[tuple[str, int]] = []
        for needed in dependant.dependencies:
            place = self._plan(needed)
            if needed.name is not None:
                arguments.append((needed.name, place))
        if dependant.request_param_name is not None:
            arguments.append((dependant.request_param_name, _REQUEST))
        arguments += [(field.name, self._path_value(field.name, field.field_info)) for field in dependant.path_params]
        for field in dependant.query_params:
            model = field.field_info.annotation
            if not (isinstance(model, type) and issubclass(model, BaseModel)):
                raise _Unplannable
            arguments.append((field.name, self._append(QueryModel(model), (("request", _REQUEST),))))
        assert call is not None
        self._places[call] = self._append(call, tuple(arguments))
        return self._places[call]

    def _path_value(self, name: str, field_info: Any) -> int:
        place = 1 + self._path_names.index(name)
        if field_info.annotation is str and not field_info.metadata:
            return place
        value = _PathValue(name, place, Annotated[field_info.annotation, *field_info.metadata])
        return self._append(value, (("text", place),))

    def _append(self, call: Callable[..., Awaitable[Any]], arguments: tuple[tuple[str, int], ...]) -> int:
        self._steps.append(_Step(call, arguments))
        return len(self._path_names) + len(self._steps)


class _Branch:
    """A part of the addresses: what follows after one more segment, by its text or as a value."""

    def __init__(self) -> None:
        self.fixed: dict[str, _Branch] = {}
        self.value: _Branch | None = None
        self.plan: ReadPlan | None = None


async def _answer(plan: ReadPlan, request: Request, path_values: list[str]) -> Response:
    """The answer; where a replica that was read for it has failed, anew and from the primary."""
    try:
        return await plan.answer(request, path_values)
    except ReplicaFailed:
        request.scope["may_read_replica"] = False
        return await plan.answer(request, path_values)


class Reads:
    """ASGI middleware: answers the GET routes that it has plans of, and hands on all other requests."""

    def __init__(self, app: ASGIApp, routes: Iterable[RouteContext]) -> None:
        self.app = app
        self._root = _Branch()
        for route in routes:
            if route.path is not None and route.methods == {"GET"} and hasattr(route, "dependant"):
                self._add(route.path, route.dependant)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_read = scope["type"] == "http" and scope["method"] == "GET"
        if (measurement := scope.get("measurement")) is not None:
            measurement.routed = scope
        plan, path_values = self.find(scope["path"].removeprefix(scope.get("root_path", ""))) if is_read else (None, [])
        if plan is None:
            await self.app(scope, receive, send)
            return
        scope["endpoint"] = plan.endpoint
        request = Request(scope, receive)
        scope["may_read_replica"] = True
        try:
            response = await _answer(plan, request, path_values)
        except (Refusal, RequestValidationError) as error:
            response = refused(request, error)
        await response(scope, receive, send)

    def _add(self, path: str, dependant: Dependant) -> None:
        try:
            plan = ReadPlan(path, dependant)
        except _Unplannable:
            return
        branch = self._root
        for segment in path.split("/"):
            if segment.startswith("{"):
                branch.value = branch.value or _Branch()
                branch = branch.value
            else:
                branch = branch.fixed.setdefault(segment, _Branch())
        branch.plan = branch.plan or plan

    def find(self, path: str) -> tuple[ReadPlan | None, list[str]]:
        """(the plan for the path, or None; the values in the path). A fixed segment goes before a value."""
        branch, values = self._root, []
        for segment in path.split("/"):
            if (following := branch.fixed.get(segment)) is not None:
                branch = following
            elif branch.value is not None and segment:
                values.append(segment)
                branch = branch.value
            else:
                return None, []
        return branch.plan, values
