"""What a newsroom states of a story besides its text: its genre, variants of its headline, flags. Knows no noun."""

from typing import Literal

from pydantic import Field

from app.content.blocks import WireModel
from app.web.fields import Line

Genre = Literal[
    "news", "analysis", "opinion", "interview", "feature", "review", "live", "obituary", "explainer", "fact_check",
    "press_release", "sponsored",
]  # fmt: skip
ContentFlag = Literal["sensitive", "graphic", "sponsored"]


class Headlines(WireModel):
    """The headline as other places need it; null where they take the headline itself."""

    seo: Line | None = Field(default=None, description="For search engines.")
    social: Line | None = Field(default=None, description="For social networks.")
    short: Line | None = Field(default=None, description="For narrow places, such as a ticker.")
