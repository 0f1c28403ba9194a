"""What is done with each noun, such as articles or notes. `_sync_nouns.py` is made of this file by `make clients`."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Unpack, overload

from dovidka_client import _models as models
from dovidka_client._async_transport import AsyncTransport
from dovidka_client._calls import Acting, Answer, ArticleItem, Call, IfMatch, NoteItem, Page, SourceItem, at, shaped


class _AsyncNoun:
    """What all nouns have."""

    noun: str

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def _send(self, call: Call[Answer]) -> Answer:
        return await self._transport.send(call)

    def _at(self, ref: str, *rest: str | int) -> str:
        return at(self.noun, ref, *rest)

    async def _walk(self, query: Mapping[str, Any]) -> AsyncIterator[Any]:
        cursor: str | None = query.get("cursor")
        while True:
            place = {} if cursor is None else {"cursor": cursor}
            page = await self._send(Call[Page[Any, Any]]("GET", f"/v1/{self.noun}", {**query, **place}))
            beside = {"included": page["included"]} if "include" in query else {}
            for item in page["items"]:
                yield {**item, **beside}
            cursor = page["next"]
            if cursor is None:
                return

    async def revisions(self, ref: str, **query: Unpack[models.ListArticleRevisionsQuery]) -> models.RevisionPage:
        return await self._send(Call[models.RevisionPage]("GET", self._at(ref, "revisions"), query))

    async def delete(self, ref: str, *, if_match: IfMatch) -> None:
        await self._send(Call[None]("DELETE", self._at(ref), if_match=if_match))


class AsyncArticles(_AsyncNoun):
    """Articles, one by one and in lists."""

    noun = "articles"

    @overload
    async def get(
        self, ref: str, *, fields: Sequence[models.GetArticleField], **query: Unpack[models.GetArticleQuery]
    ) -> models.ArticleSelection: ...
    @overload
    async def get(self, ref: str, **query: Unpack[models.GetArticleQuery]) -> models.ArticleAnswer: ...
    async def get(
        self,
        ref: str,
        *,
        fields: Sequence[models.GetArticleField] | None = None,
        **query: Unpack[models.GetArticleQuery],
    ) -> object:
        return await self._send(Call[object]("GET", self._at(ref), shaped(query, fields)))

    @overload
    async def list(
        self, *, fields: Sequence[models.ListArticlesField], **query: Unpack[models.ListArticlesQuery]
    ) -> Page[models.ArticleSelection, models.ArticleIncluded]: ...
    @overload
    async def list(
        self, **query: Unpack[models.ListArticlesQuery]
    ) -> Page[models.ArticleHit, models.ArticleIncluded]: ...
    async def list(
        self, *, fields: Sequence[models.ListArticlesField] | None = None, **query: Unpack[models.ListArticlesQuery]
    ) -> object:
        return await self._send(Call[object]("GET", f"/v1/{self.noun}", shaped(query, fields)))

    @overload
    def pages(
        self, *, fields: Sequence[models.ListArticlesField], **query: Unpack[models.ListArticlesQuery]
    ) -> AsyncIterator[models.ArticleSelection]: ...
    @overload
    def pages(self, **query: Unpack[models.ListArticlesQuery]) -> AsyncIterator[ArticleItem]: ...
    def pages(
        self, *, fields: Sequence[models.ListArticlesField] | None = None, **query: Unpack[models.ListArticlesQuery]
    ) -> AsyncIterator[object]:
        return self._walk(shaped(query, fields))

    async def revision(
        self, ref: str, number: int, **query: Unpack[models.GetArticleRevisionQuery]
    ) -> models.ArticleAnswer:
        return await self._send(Call[models.ArticleAnswer]("GET", self._at(ref, "revisions", number), query))

    async def difference(self, ref: str, from_revision: int, to_revision: int) -> models.DocumentDifference:
        query = {"from": from_revision, "to": to_revision}
        return await self._send(Call[models.DocumentDifference]("GET", self._at(ref, "diff"), query))

    async def create(self, body: models.ArticleIn, *, idempotency_key: str | None = None) -> models.ArticleWritten:
        path = f"/v1/{self.noun}"
        return await self._send(Call[models.ArticleWritten]("POST", path, body=body, idempotency_key=idempotency_key))

    async def update(self, ref: str, body: models.ArticlePatch, *, if_match: IfMatch) -> models.ArticleWritten:
        return await self._send(Call[models.ArticleWritten]("PATCH", self._at(ref), body=body, if_match=if_match))

    async def related(self, ref: str, **query: Unpack[models.ListRelatedArticlesQuery]) -> models.RelatedArticles:
        return await self._send(Call[models.RelatedArticles]("GET", self._at(ref, "related"), query))

    async def draft(self, ref: str, **query: Unpack[models.GetWorkingCopyQuery]) -> models.ArticleAnswer:
        return await self._send(Call[models.ArticleAnswer]("GET", self._at(ref, "draft"), query))

    async def update_draft(self, ref: str, body: models.ArticlePatch, *, if_match: IfMatch) -> models.ArticleWritten:
        path = self._at(ref, "draft")
        return await self._send(Call[models.ArticleWritten]("PATCH", path, body=body, if_match=if_match))

    async def discard_draft(self, ref: str, *, if_match: IfMatch) -> None:
        await self._send(Call[None]("DELETE", self._at(ref, "draft"), if_match=if_match))

    async def publish(
        self, ref: str, body: models.PublishIn | None = None, **options: Unpack[Acting]
    ) -> models.ArticleWritten:
        return await self._send(
            Call[models.ArticleWritten]("POST", self._at(ref, "publish"), body=body or {}, **options)
        )

    async def unpublish(self, ref: str, **options: Unpack[Acting]) -> models.ArticleWritten:
        return await self._send(Call[models.ArticleWritten]("POST", self._at(ref, "unpublish"), body={}, **options))

    async def withdraw(
        self, ref: str, body: models.ArticleWithdrawIn, **options: Unpack[Acting]
    ) -> models.ArticleWritten:
        return await self._send(Call[models.ArticleWritten]("POST", self._at(ref, "withdraw"), body=body, **options))

    async def erase(self, ref: str, body: models.EraseIn, **options: Unpack[Acting]) -> models.ArticleWritten:
        return await self._send(Call[models.ArticleWritten]("POST", self._at(ref, "erase"), body=body, **options))

    async def correct(
        self, ref: str, body: models.ArticleCorrectIn, **options: Unpack[Acting]
    ) -> models.ArticleWritten:
        return await self._send(Call[models.ArticleWritten]("POST", self._at(ref, "correct"), body=body, **options))

    async def preview(self, ref: str, body: models.PreviewIn | None = None) -> models.PreviewOut:
        return await self._send(Call[models.PreviewOut]("POST", self._at(ref, "previews"), body=body or {}))


class AsyncNotes(_AsyncNoun):
    """Notes, one by one and in lists."""

    noun = "notes"

    @overload
    async def get(
        self, ref: str, *, fields: Sequence[models.GetNoteField], **query: Unpack[models.GetNoteQuery]
    ) -> models.NoteSelection: ...
    @overload
    async def get(self, ref: str, **query: Unpack[models.GetNoteQuery]) -> models.NoteAnswer: ...
    async def get(
        self, ref: str, *, fields: Sequence[models.GetNoteField] | None = None, **query: Unpack[models.GetNoteQuery]
    ) -> object:
        return await self._send(Call[object]("GET", self._at(ref), shaped(query, fields)))

    @overload
    async def list(
        self, *, fields: Sequence[models.ListNotesField], **query: Unpack[models.ListNotesQuery]
    ) -> Page[models.NoteSelection, models.NoteIncluded]: ...
    @overload
    async def list(self, **query: Unpack[models.ListNotesQuery]) -> Page[models.NoteHit, models.NoteIncluded]: ...
    async def list(
        self, *, fields: Sequence[models.ListNotesField] | None = None, **query: Unpack[models.ListNotesQuery]
    ) -> object:
        return await self._send(Call[object]("GET", f"/v1/{self.noun}", shaped(query, fields)))

    @overload
    def pages(
        self, *, fields: Sequence[models.ListNotesField], **query: Unpack[models.ListNotesQuery]
    ) -> AsyncIterator[models.NoteSelection]: ...
    @overload
    def pages(self, **query: Unpack[models.ListNotesQuery]) -> AsyncIterator[NoteItem]: ...
    def pages(
        self, *, fields: Sequence[models.ListNotesField] | None = None, **query: Unpack[models.ListNotesQuery]
    ) -> AsyncIterator[object]:
        return self._walk(shaped(query, fields))

    async def revision(self, ref: str, number: int, **query: Unpack[models.GetNoteRevisionQuery]) -> models.NoteAnswer:
        return await self._send(Call[models.NoteAnswer]("GET", self._at(ref, "revisions", number), query))

    async def difference(self, ref: str, from_revision: int, to_revision: int) -> models.DocumentDifference:
        query = {"from": from_revision, "to": to_revision}
        return await self._send(Call[models.DocumentDifference]("GET", self._at(ref, "diff"), query))

    async def create(self, body: models.NoteIn, *, idempotency_key: str | None = None) -> models.NoteWritten:
        path = f"/v1/{self.noun}"
        return await self._send(Call[models.NoteWritten]("POST", path, body=body, idempotency_key=idempotency_key))

    async def put(self, ref: str, body: models.NotePut, *, if_match: IfMatch | None = None) -> models.NoteWritten:
        """Creates or replaces; only what is there takes `if_match`."""
        return await self._send(Call[models.NoteWritten]("PUT", self._at(ref), body=body, if_match=if_match))

    async def update(self, ref: str, body: models.NotePatch, *, if_match: IfMatch) -> models.NoteWritten:
        return await self._send(Call[models.NoteWritten]("PATCH", self._at(ref), body=body, if_match=if_match))

    async def publish(
        self, ref: str, body: models.PublishIn | None = None, **options: Unpack[Acting]
    ) -> models.NoteWritten:
        return await self._send(Call[models.NoteWritten]("POST", self._at(ref, "publish"), body=body or {}, **options))

    async def unpublish(self, ref: str, **options: Unpack[Acting]) -> models.NoteWritten:
        return await self._send(Call[models.NoteWritten]("POST", self._at(ref, "unpublish"), body={}, **options))

    async def withdraw(self, ref: str, body: models.NoteWithdrawIn, **options: Unpack[Acting]) -> models.NoteWritten:
        return await self._send(Call[models.NoteWritten]("POST", self._at(ref, "withdraw"), body=body, **options))

    async def erase(self, ref: str, body: models.EraseIn, **options: Unpack[Acting]) -> models.NoteWritten:
        return await self._send(Call[models.NoteWritten]("POST", self._at(ref, "erase"), body=body, **options))

    async def preview(self, ref: str, body: models.PreviewIn | None = None) -> models.PreviewOut:
        return await self._send(Call[models.PreviewOut]("POST", self._at(ref, "previews"), body=body or {}))


class AsyncSources(_AsyncNoun):
    """Sources, one by one and in lists."""

    noun = "sources"

    @overload
    async def get(
        self, ref: str, *, fields: Sequence[models.GetSourceField], **query: Unpack[models.GetSourceQuery]
    ) -> models.SourceSelection: ...
    @overload
    async def get(self, ref: str, **query: Unpack[models.GetSourceQuery]) -> models.SourceOut: ...
    async def get(
        self, ref: str, *, fields: Sequence[models.GetSourceField] | None = None, **query: Unpack[models.GetSourceQuery]
    ) -> object:
        return await self._send(Call[object]("GET", self._at(ref), shaped(query, fields)))

    @overload
    async def list(
        self, *, fields: Sequence[models.ListSourcesField], **query: Unpack[models.ListSourcesQuery]
    ) -> Page[models.SourceSelection, models.SourceIncluded]: ...
    @overload
    async def list(self, **query: Unpack[models.ListSourcesQuery]) -> Page[models.SourceOut, models.SourceIncluded]: ...
    async def list(
        self, *, fields: Sequence[models.ListSourcesField] | None = None, **query: Unpack[models.ListSourcesQuery]
    ) -> object:
        return await self._send(Call[object]("GET", f"/v1/{self.noun}", shaped(query, fields)))

    @overload
    def pages(
        self, *, fields: Sequence[models.ListSourcesField], **query: Unpack[models.ListSourcesQuery]
    ) -> AsyncIterator[models.SourceSelection]: ...
    @overload
    def pages(self, **query: Unpack[models.ListSourcesQuery]) -> AsyncIterator[SourceItem]: ...
    def pages(
        self, *, fields: Sequence[models.ListSourcesField] | None = None, **query: Unpack[models.ListSourcesQuery]
    ) -> AsyncIterator[object]:
        return self._walk(shaped(query, fields))

    async def revision(self, ref: str, number: int, **query: Unpack[models.GetSourceRevisionQuery]) -> models.SourceOut:
        return await self._send(Call[models.SourceOut]("GET", self._at(ref, "revisions", number), query))

    async def create(self, body: models.SourceIn, *, idempotency_key: str | None = None) -> models.SourceWritten:
        path = f"/v1/{self.noun}"
        return await self._send(Call[models.SourceWritten]("POST", path, body=body, idempotency_key=idempotency_key))

    async def put(self, ref: str, body: models.SourcePut, *, if_match: IfMatch | None = None) -> models.SourceWritten:
        """Creates or replaces; only what is there takes `if_match`."""
        return await self._send(Call[models.SourceWritten]("PUT", self._at(ref), body=body, if_match=if_match))

    async def update(self, ref: str, body: models.SourcePatch, *, if_match: IfMatch) -> models.SourceWritten:
        return await self._send(Call[models.SourceWritten]("PATCH", self._at(ref), body=body, if_match=if_match))


class AsyncTags(_AsyncNoun):
    """Tags, one by one and in lists."""

    noun = "tags"

    @overload
    async def get(
        self, ref: str, *, fields: Sequence[models.GetTagField], **query: Unpack[models.GetTagQuery]
    ) -> models.TagSelection: ...
    @overload
    async def get(self, ref: str, **query: Unpack[models.GetTagQuery]) -> models.TagAnswer: ...
    async def get(
        self, ref: str, *, fields: Sequence[models.GetTagField] | None = None, **query: Unpack[models.GetTagQuery]
    ) -> object:
        return await self._send(Call[object]("GET", self._at(ref), shaped(query, fields)))

    @overload
    async def list(
        self, *, fields: Sequence[models.ListTagsField], **query: Unpack[models.ListTagsQuery]
    ) -> Page[models.TagSelection, models.TagIncluded]: ...
    @overload
    async def list(self, **query: Unpack[models.ListTagsQuery]) -> Page[models.TagAnswer, models.TagIncluded]: ...
    async def list(
        self, *, fields: Sequence[models.ListTagsField] | None = None, **query: Unpack[models.ListTagsQuery]
    ) -> object:
        return await self._send(Call[object]("GET", f"/v1/{self.noun}", shaped(query, fields)))

    @overload
    def pages(
        self, *, fields: Sequence[models.ListTagsField], **query: Unpack[models.ListTagsQuery]
    ) -> AsyncIterator[models.TagSelection]: ...
    @overload
    def pages(self, **query: Unpack[models.ListTagsQuery]) -> AsyncIterator[models.TagAnswer]: ...
    def pages(
        self, *, fields: Sequence[models.ListTagsField] | None = None, **query: Unpack[models.ListTagsQuery]
    ) -> AsyncIterator[object]:
        return self._walk(shaped(query, fields))

    async def revision(self, ref: str, number: int, **query: Unpack[models.GetTagRevisionQuery]) -> models.TagOut:
        return await self._send(Call[models.TagOut]("GET", self._at(ref, "revisions", number), query))

    async def create(self, body: models.TagIn, *, idempotency_key: str | None = None) -> models.TagWritten:
        path = f"/v1/{self.noun}"
        return await self._send(Call[models.TagWritten]("POST", path, body=body, idempotency_key=idempotency_key))

    async def put(self, ref: str, body: models.TagPut, *, if_match: IfMatch | None = None) -> models.TagWritten:
        """Creates or replaces; only what is there takes `if_match`."""
        return await self._send(Call[models.TagWritten]("PUT", self._at(ref), body=body, if_match=if_match))

    async def update(self, ref: str, body: models.TagPatch, *, if_match: IfMatch) -> models.TagWritten:
        return await self._send(Call[models.TagWritten]("PATCH", self._at(ref), body=body, if_match=if_match))


class AsyncCollections(_AsyncNoun):
    """Collections, one by one and in lists, and their stories."""

    noun = "collections"

    @overload
    async def get(
        self, ref: str, *, fields: Sequence[models.GetCollectionField], **query: Unpack[models.GetCollectionQuery]
    ) -> models.CollectionSelection: ...
    @overload
    async def get(self, ref: str, **query: Unpack[models.GetCollectionQuery]) -> models.CollectionAnswer: ...
    async def get(
        self,
        ref: str,
        *,
        fields: Sequence[models.GetCollectionField] | None = None,
        **query: Unpack[models.GetCollectionQuery],
    ) -> object:
        return await self._send(Call[object]("GET", self._at(ref), shaped(query, fields)))

    @overload
    async def list(
        self, *, fields: Sequence[models.ListCollectionsField], **query: Unpack[models.ListCollectionsQuery]
    ) -> Page[models.CollectionSelection, models.NothingIncluded]: ...
    @overload
    async def list(
        self, **query: Unpack[models.ListCollectionsQuery]
    ) -> Page[models.CollectionAnswer, models.NothingIncluded]: ...
    async def list(
        self,
        *,
        fields: Sequence[models.ListCollectionsField] | None = None,
        **query: Unpack[models.ListCollectionsQuery],
    ) -> object:
        return await self._send(Call[object]("GET", f"/v1/{self.noun}", shaped(query, fields)))

    @overload
    def pages(
        self, *, fields: Sequence[models.ListCollectionsField], **query: Unpack[models.ListCollectionsQuery]
    ) -> AsyncIterator[models.CollectionSelection]: ...
    @overload
    def pages(self, **query: Unpack[models.ListCollectionsQuery]) -> AsyncIterator[models.CollectionAnswer]: ...
    def pages(
        self,
        *,
        fields: Sequence[models.ListCollectionsField] | None = None,
        **query: Unpack[models.ListCollectionsQuery],
    ) -> AsyncIterator[object]:
        return self._walk(shaped(query, fields))

    @overload
    async def items(
        self,
        ref: str,
        *,
        fields: Sequence[models.ListCollectionItemsField],
        **query: Unpack[models.ListCollectionItemsQuery],
    ) -> Page[models.ArticleSelection, models.ArticleIncluded]: ...
    @overload
    async def items(
        self, ref: str, **query: Unpack[models.ListCollectionItemsQuery]
    ) -> Page[models.ArticleHit, models.ArticleIncluded]: ...
    async def items(
        self,
        ref: str,
        *,
        fields: Sequence[models.ListCollectionItemsField] | None = None,
        **query: Unpack[models.ListCollectionItemsQuery],
    ) -> object:
        """The stories of a collection, in its order."""
        return await self._send(Call[object]("GET", self._at(ref, "items"), shaped(query, fields)))

    async def revision(
        self, ref: str, number: int, **query: Unpack[models.GetCollectionRevisionQuery]
    ) -> models.CollectionAnswer:
        return await self._send(Call[models.CollectionAnswer]("GET", self._at(ref, "revisions", number), query))

    async def difference(self, ref: str, from_revision: int, to_revision: int) -> models.DocumentDifference:
        query = {"from": from_revision, "to": to_revision}
        return await self._send(Call[models.DocumentDifference]("GET", self._at(ref, "diff"), query))

    async def create(
        self, body: models.CollectionIn, *, idempotency_key: str | None = None
    ) -> models.CollectionWritten:
        path = f"/v1/{self.noun}"
        return await self._send(
            Call[models.CollectionWritten]("POST", path, body=body, idempotency_key=idempotency_key)
        )

    async def put(
        self, ref: str, body: models.CollectionPut, *, if_match: IfMatch | None = None
    ) -> models.CollectionWritten:
        """Creates or replaces; only what is there takes `if_match`."""
        return await self._send(Call[models.CollectionWritten]("PUT", self._at(ref), body=body, if_match=if_match))

    async def update(self, ref: str, body: models.CollectionPatch, *, if_match: IfMatch) -> models.CollectionWritten:
        return await self._send(Call[models.CollectionWritten]("PATCH", self._at(ref), body=body, if_match=if_match))

    async def draft(self, ref: str, **query: Unpack[models.GetCollectionWorkingCopyQuery]) -> models.CollectionAnswer:
        return await self._send(Call[models.CollectionAnswer]("GET", self._at(ref, "draft"), query))

    async def update_draft(
        self, ref: str, body: models.CollectionPatch, *, if_match: IfMatch
    ) -> models.CollectionWritten:
        path = self._at(ref, "draft")
        return await self._send(Call[models.CollectionWritten]("PATCH", path, body=body, if_match=if_match))

    async def discard_draft(self, ref: str, *, if_match: IfMatch) -> None:
        await self._send(Call[None]("DELETE", self._at(ref, "draft"), if_match=if_match))

    async def publish(
        self, ref: str, body: models.PublishIn | None = None, **options: Unpack[Acting]
    ) -> models.CollectionWritten:
        return await self._send(
            Call[models.CollectionWritten]("POST", self._at(ref, "publish"), body=body or {}, **options)
        )

    async def unpublish(self, ref: str, **options: Unpack[Acting]) -> models.CollectionWritten:
        return await self._send(Call[models.CollectionWritten]("POST", self._at(ref, "unpublish"), body={}, **options))

    async def withdraw(
        self, ref: str, body: models.CollectionWithdrawIn, **options: Unpack[Acting]
    ) -> models.CollectionWritten:
        return await self._send(Call[models.CollectionWritten]("POST", self._at(ref, "withdraw"), body=body, **options))

    async def erase(self, ref: str, body: models.EraseIn, **options: Unpack[Acting]) -> models.CollectionWritten:
        return await self._send(Call[models.CollectionWritten]("POST", self._at(ref, "erase"), body=body, **options))
