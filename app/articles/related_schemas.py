"""What related stories look like on the wire."""

from typing import Literal

from pydantic import BaseModel, Field

from app.articles.schemas import ArticleCard
from app.changes.schemas import Drafts, WholeNumber
from app.content.blocks import RelationKind
from app.web.fields import Slug


class RelatedQuery(Drafts):
    """How many related stories, and through whose eyes."""

    limit: WholeNumber = Field(default=5, ge=1, le=20, description="At most so many stories.", examples=[3])


class EditorsRelation(BaseModel):
    """The editors have named it."""

    relation: RelationKind = Field(description="As the story that was asked for relates to it.")


class SharedTag(BaseModel):
    """Both stand under this tag."""

    tag: Slug = Field(description="The tag.")


class SharedSource(BaseModel):
    """Both rest on this source."""

    source: Slug = Field(description="The source.")


class SharedNote(BaseModel):
    """Both show this reference note."""

    note: Slug = Field(description="The reference note.")


class SharedWords(BaseModel):
    """Both headlines have these words, in whatever forms."""

    words: list[str] = Field(description="As they stand in the headline of the story that was asked for.")


class RelatedArticle(BaseModel):
    """A related story, and why it is one."""

    card: ArticleCard
    by: Literal["editor", "automatic"] = Field(
        description="`editor`: the story names it. `automatic`: both have something in common."
    )
    because: list[EditorsRelation | SharedTag | SharedSource | SharedNote | SharedWords] = Field(
        description="The kind of the relation, or all that both have in common, the rarest first."
    )


class RelatedArticles(BaseModel):
    """Stories related to one: those that its editors named, in their order, then others, the most related first."""

    items: list[RelatedArticle]
