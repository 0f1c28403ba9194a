"""Request bodies: JSON becomes a model, or a refusal that says what is wrong with it."""

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError


class Sent:
    """A dependency: the body as a model. Raises: RequestValidationError, which becomes a problem with pointers."""

    def __init__(self, model: type[BaseModel]) -> None:
        self.model = model

    async def __call__(self, request: Request) -> BaseModel:
        try:
            return self.model.model_validate_json(await request.body())
        except ValidationError as error:
            raise RequestValidationError(
                [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors(include_url=False)]
            ) from None
