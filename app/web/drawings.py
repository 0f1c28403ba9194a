"""A folder of small SVG drawings: served whole, for a day, and without permission to run or load anything."""

from typing import Any

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from app.web.problems import POLICY
from app.web.query_strings import check_query


class Drawings(StaticFiles):
    """Ignores Range: a part of a drawing is of no use, and many ranges in one header would be expensive to answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises: Invalid, for any parameter."""
        check_query(scope["query_string"], {})
        headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
        await super().__call__({**scope, "headers": headers}, receive, send)

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "public, max-age=86400"
        response.headers["Content-Security-Policy"] = POLICY
        return response
