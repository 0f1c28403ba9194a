"""A body that is sent as HTML in place of blocks: its field, and how the blocks take its place."""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.content.blocks import BODY, Body, WireModel
from app.content.conversion import Conversion, convert
from app.content.conversion.tree import MOST_CHARACTERS
from app.errors import Fault, Invalid
from app.web.fields import check_text
from app.web.merging import Patch

FIELD: Final = "body_html"
HtmlBody = Annotated[str, StringConstraints(max_length=MOST_CHARACTERS), AfterValidator(check_text)]


class WithBody(WireModel):
    """What has a body, sent as blocks or as HTML."""

    body: Body = Field(default=[], description="The text, in blocks.")
    body_html: HtmlBody | None = Field(
        default=None,
        description="The body as HTML, in place of `body`: it is made into blocks. What has no block becomes the"
        " nearest one, and `warnings` names that, and what is left out, with its place.",
        examples=["<h2>In the yard</h2><p>The tram stood <em>still</em>.</p>"],
    )

    @model_validator(mode="after")
    def _one_body(self) -> "WithBody":
        if self.body_html is not None and self.body:
            raise PydanticCustomError("conflict", "`body` and `body_html` are two bodies: send one of them")
        return self


def take_html(content: WithBody) -> list[Fault]:
    """Puts the blocks of `body_html`, where it is sent, in place of `body`. They are not sanitised yet.

    Returns a warning for what does not stand in them as it stood in the HTML. Raises: Invalid.
    """
    if content.body_html is None:
        return []
    conversion = _converted(content.body_html)
    content.body = BODY.validate_python(conversion.blocks)
    content.body_html = None
    return conversion.warnings


def take_html_of(document: dict[str, Any]) -> list[Fault]:
    """As `take_html`, of the JSON of a document; what is wrong stays, for the model to refuse. Raises: Invalid."""
    text = document.get(FIELD)
    if not isinstance(text, str) or document.get("body"):
        return []
    conversion = _converted(text)
    document["body"] = conversion.blocks
    del document[FIELD]
    return conversion.warnings


def _converted(text: str) -> Conversion:
    try:
        return convert(text)
    except ValueError as error:
        raise Invalid(f"The HTML {error}.", Fault(str(error), pointer=f"/{FIELD}")) from None


def without_replaced_body(stored: dict[str, Any], patch: Patch) -> dict[str, Any]:
    """The stored fields below a patch: without `body` where the patch sends another one as HTML."""
    is_replaced = isinstance(getattr(patch, FIELD, None), str)
    return {name: value for name, value in stored.items() if not (is_replaced and name == "body")}
