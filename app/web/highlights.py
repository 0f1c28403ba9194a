"""What `highlight=true` adds to the items of lists."""

from typing import Final

from pydantic import BaseModel, Field

# Members that it adds, whatever `fields` names.
HIGHLIGHTED: Final = ("highlights", "snippet_html")


class Highlight(BaseModel):
    """A stretch of a plain text that answers `q`, in code points."""

    start: int = Field(ge=0, description="Its first code point, from 0.")
    end: int = Field(ge=0, description="The code point behind its last.")


class BlockHighlight(Highlight):
    """The same within the plain text of a block. Line breaks join items of a list and cells of a table."""

    block: str = Field(description="Id of the block.")
