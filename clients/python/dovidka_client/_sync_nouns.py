"""The same without asyncio. Made from `_async_nouns.py` by `make clients`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Unpack, overload

from dovidka_client import _models as models
from dovidka_client._calls import Acting, Answer, ArticleItem, Call, IfMatch, NoteItem, Page, SourceItem, at, shaped
from dovidka_client._sync_transport import Transport


class _Noun:
    """What all nouns have."""

    noun: str

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _send(self, call: Call[Answer]) -> Answer:
        return self._transport.send(call)

    def _at(self, ref: str, *rest: str | int) -> str:
        return at(self.noun, ref, *rest)

    def _walk(self, query: Mapping[str, Any]) -> Iterator[Any]:
        cursor: str | None = query.get("cursor")
        while True:
            place = {} if cursor is None else {"cursor": cursor}
            page = self._send(Call[Page[Any, Any]]("GET", f"/v1/{self.noun}", {**query, **place}))
            beside = {"included": page["included"]} if "include" in query else {}
            for item in page["items"]:
                yield {**item, **beside}
            cursor = page["next"]
            if cursor is None:
                return

    def revisions(self, ref: str, **query: Unpack[models.ListArticleRevisionsQuery]) -> models.RevisionPage:
        return self._send(Call[models.RevisionPage]("GET", self._at(ref, "revisions"), query))

    def delete(self, ref: str, *, if_match: IfMatch) -> None:
        self._send(Call[None]("DELETE", self._at(ref), if_match=if_match))


class Articles(_Noun):
    """Articles, one by one and in lists."""

    noun = "articles"

    @overload
    def get(
        self, ref: str, *, fields: Sequence[models.GetArticleField], **query: Unpack[models.GetArticleQuery]
    ) -> models.ArticleSelection: ...
    @overload
    def get(self, ref: str, **query: Unpack[models.GetArticleQuery]) -> models.ArticleAnswer: ...
    def get(
        self,
        ref: str,
        *,
        fields: Sequence[models.GetArticleField] | None = None,
        **query: Unpack[models.GetArticleQuery],
    ) -> object:
        return self._send(Call[object]("GET", self._at(ref), shaped(query, fields)))

    @overload
    def list(
        self, *, fields: Sequence[models.ListArticlesField], **query: Unpack[models.ListArticlesQuery]
    ) -> Page[models.ArticleSelection, models.ArticleIncluded]: ...
    @overload
    def list(self, **query: Unpack[models.ListArticlesQuery]) -> Page[models.ArticleHit, models.ArticleIncluded]: ...
    def list(
        self, *, fields: Sequence[models.ListArticlesField] | None = None, **query: Unpack[models.ListArticlesQuery]
    ) -> object:
        return self._send(Call[object]("GET", f"/v1/{self.noun}", shaped(query, fields)))

    @overload
    def pages(
        self, *, fields: Sequence[models.ListArticlesField], **query: Unpack[models.ListArticlesQuery]
    ) -> Iterator[models.ArticleSelection]: ...
    @overload
    def pages(self, **query: Unpack[models.ListArticlesQuery]) -> Iterator[ArticleItem]: ...
    def pages(
        self, *, fields: Sequence[models.ListArticlesField] | None = None, **query: Unpack[models.ListArticlesQuery]
    ) -> Iterator[object]:
        return self._walk(shaped(query, fields))

    def revision(self, ref: str, number: int, **query: Unpack[models.GetArticleRevisionQuery]) -> models.ArticleAnswer:
        return self._send(Call[models.ArticleAnswer]("GET", self._at(ref, "revisions", number), query))

    def difference(self, ref: str, from_revision: int, to_revision: int) -> models.DocumentDifference:
        query = {"from": from_revision, "to": to_revision}
        return self._send(Call[models.DocumentDifference]("GET", self._at(ref, "diff"), query))

    def create(self, body: models.ArticleIn, *, idempotency_key: str | None = None) -> models.ArticleWritten:
        path = f"/v1/{self.noun}"
        return self._send(Call[models.ArticleWritten]("POST", path, body=body, idempotency_key=idempotency_key))

    def update(self, ref: str, body: models.ArticlePatch, *, if_match: IfMatch) -> models.ArticleWritten:
        return self._send(Call[models.ArticleWritten]("PATCH", self._at(ref), body=body, if_match=if_match))

    def related(self, ref: str, **query: Unpack[models.ListRelatedArticlesQuery]) -> models.RelatedArticles:
        return self._send(Call[models.RelatedArticles]("GET", self._at(ref, "related"), query))

    def draft(self, ref: str, **query: Unpack[models.GetWorkingCopyQuery]) -> models.ArticleAnswer:
        return self._send(Call[models.ArticleAnswer]("GET", self._at(ref, "draft"), query))

    def update_draft(self, ref: str, body: models.ArticlePatch, *, if_match: IfMatch) -> models.ArticleWritten:
        path = self._at(ref, "draft")
        return self._send(Call[models.ArticleWritten]("PATCH", path, body=body, if_match=if_match))

    def discard_draft(self, ref: str, *, if_match: IfMatch) -> None:
        self._send(Call[None]("DELETE", self._at(ref, "draft"), if_match=if_match))

    def publish(
        self, ref: str, body: models.PublishIn | None = None, **options: Unpack[Acting]
    ) -> models.ArticleWritten:
        return self._send(Call[models.ArticleWritten]("POST", self._at(ref, "publish"), body=body or {}, **options))

    def unpublish(self, ref: str, **options: Unpack[Acting]) -> models.ArticleWritten:
        return self._send(Call[models.ArticleWritten]("POST", self._at(ref, "unpublish"), body={}, **options))

    def withdraw(self, ref: str, body: models.ArticleWithdrawIn, **options: Unpack[Acting]) -> models.ArticleWritten:
        return self._send(Call[models.ArticleWritten]("POST", self._at(ref, "withdraw"), body=body, **options))

    def erase(self, ref: str, body: models.EraseIn, **options: Unpack[Acting]) -> models.ArticleWritten:
        return self._send(Call[models.ArticleWritten]("POST", self._at(ref, "erase"), body=body, **options))

    def correct(self, ref: str, body: models.ArticleCorrectIn, **options: Unpack[Acting]) -> models.ArticleWritten:
        return self._send(Call[models.ArticleWritten]("POST", self._at(ref, "correct"), body=body, **options))

    def preview(self, ref: str, body: models.PreviewIn | None = None) -> models.PreviewOut:
        return self._send(Call[models.PreviewOut]("POST", self._at(ref, "previews"), body=body or {}))


class Notes(_Noun):
    """Notes, one by one and in lists."""

    noun = "notes"

    @overload
    def get(
        self, ref: str, *, fields: Sequence[models.GetNoteField], **query: Unpack[models.GetNoteQuery]
    ) -> models.NoteSelection: ...
    @overload
    def get(self, ref: str, **query: Unpack[models.GetNoteQuery]) -> models.NoteAnswer: ...
    def get(
        self, ref: str, *, fields: Sequence[models.GetNoteField] | None = None, **query: Unpack[models.GetNoteQuery]
    ) -> object:
        return self._send(Call[object]("GET", self._at(ref), shaped(query, fields)))

    @overload
    def list(
        self, *, fields: Sequence[models.ListNotesField], **query: Unpack[models.ListNotesQuery]
    ) -> Page[models.NoteSelection, models.NoteIncluded]: ...
    @overload
    def list(self, **query: Unpack[models.ListNotesQuery]) -> Page[models.NoteHit, models.NoteIncluded]: ...
    def list(
        self, *, fields: Sequence[models.ListNotesField] | None = None, **query: Unpack[models.ListNotesQuery]
    ) -> object:
        return self._send(Call[object]("GET", f"/v1/{self.noun}", shaped(query, fields)))

    @overload
    def pages(
        self, *, fields: Sequence[models.ListNotesField], **query: Unpack[models.ListNotesQuery]
    ) -> Iterator[models.NoteSelection]: ...
    @overload
    def pages(self, **query: Unpack[models.ListNotesQuery]) -> Iterator[NoteItem]: ...
    def pages(
        self, *, fields: Sequence[models.ListNotesField] | None = None, **query: Unpack[models.ListNotesQuery]
    ) -> Iterator[object]:
        return self._walk(shaped(query, fields))

    def revision(self, ref: str, number: int, **query: Unpack[models.GetNoteRevisionQuery]) -> models.NoteAnswer:
        return self._send(Call[models.NoteAnswer]("GET", self._at(ref, "revisions", number), query))

    def difference(self, ref: str, from_revision: int, to_revision: int) -> models.DocumentDifference:
        query = {"from": from_revision, "to": to_revision}
        return self._send(Call[models.DocumentDifference]("GET", self._at(ref, "diff"), query))

    def create(self, body: models.NoteIn, *, idempotency_key: str | None = None) -> models.NoteWritten:
        path = f"/v1/{self.noun}"
        return self._send(Call[models.NoteWritten]("POST", path, body=body, idempotency_key=idempotency_key))

    def put(self, ref: str, body: models.NotePut, *, if_match: IfMatch | None = None) -> models.NoteWritten:
        """Creates or replaces; only what is there takes `if_match`."""
        return self._send(Call[models.NoteWritten]("PUT", self._at(ref), body=body, if_match=if_match))

    def update(self, ref: str, body: models.NotePatch, *, if_match: IfMatch) -> models.NoteWritten:
        return self._send(Call[models.NoteWritten]("PATCH", self._at(ref), body=body, if_match=if_match))

    def publish(self, ref: str, body: models.PublishIn | None = None, **options: Unpack[Acting]) -> models.NoteWritten:
        return self._send(Call[models.NoteWritten]("POST", self._at(ref, "publish"), body=body or {}, **options))

    def unpublish(self, ref: str, **options: Unpack[Acting]) -> models.NoteWritten:
        return self._send(Call[models.NoteWritten]("POST", self._at(ref, "unpublish"), body={}, **options))

    def withdraw(self, ref: str, body: models.NoteWithdrawIn, **options: Unpack[Acting]) -> models.NoteWritten:
        return self._send(Call[models.NoteWritten]("POST", self._at(ref, "withdraw"), body=body, **options))

    def erase(self, ref: str, body: models.EraseIn, **options: Unpack[Acting]) -> models.NoteWritten:
        return self._send(Call[models.NoteWritten]("POST", self._at(ref, "erase"), body=body, **options))

    def preview(self, ref: str, body: models.PreviewIn | None = None) -> models.PreviewOut:
        return self._send(Call[models.PreviewOut]("POST", self._at(ref, "previews"), body=body or {}))


class Sources(_Noun):
    """Sources, one by one and in lists."""

    noun = "sources"

    @overload
    def get(
        self, ref: str, *, fields: Sequence[models.GetSourceField], **query: Unpack[models.GetSourceQuery]
    ) -> models.SourceSelection: ...
    @overload
    def get(self, ref: str, **query: Unpack[models.GetSourceQuery]) -> models.SourceOut: ...
    def get(
        self, ref: str, *, fields: Sequence[models.GetSourceField] | None = None, **query: Unpack[models.GetSourceQuery]
    ) -> object:
        return self._send(Call[object]("GET", self._at(ref), shaped(query, fields)))

    @overload
    def list(
        self, *, fields: Sequence[models.ListSourcesField], **query: Unpack[models.ListSourcesQuery]
    ) -> Page[models.SourceSelection, models.SourceIncluded]: ...
    @overload
    def list(self, **query: Unpack[models.ListSourcesQuery]) -> Page[models.SourceOut, models.SourceIncluded]: ...
    def list(
        self, *, fields: Sequence[models.ListSourcesField] | None = None, **query: Unpack[models.ListSourcesQuery]
    ) -> object:
        return self._send(Call[object]("GET", f"/v1/{self.noun}", shaped(query, fields)))

    @overload
    def pages(
        self, *, fields: Sequence[models.ListSourcesField], **query: Unpack[models.ListSourcesQuery]
    ) -> Iterator[models.SourceSelection]: ...
    @overload
    def pages(self, **query: Unpack[models.ListSourcesQuery]) -> Iterator[SourceItem]: ...
    def pages(
        self, *, fields: Sequence[models.ListSourcesField] | None = None, **query: Unpack[models.ListSourcesQuery]
    ) -> Iterator[object]:
        return self._walk(shaped(query, fields))

    def revision(self, ref: str, number: int, **query: Unpack[models.GetSourceRevisionQuery]) -> models.SourceOut:
        return self._send(Call[models.SourceOut]("GET", self._at(ref, "revisions", number), query))

    def create(self, body: models.SourceIn, *, idempotency_key: str | None = None) -> models.SourceWritten:
        path = f"/v1/{self.noun}"
        return self._send(Call[models.SourceWritten]("POST", path, body=body, idempotency_key=idempotency_key))

    def put(self, ref: str, body: models.SourcePut, *, if_match: IfMatch | None = None) -> models.SourceWritten:
        """Creates or replaces; only what is there takes `if_match`."""
        return self._send(Call[models.SourceWritten]("PUT", self._at(ref), body=body, if_match=if_match))

    def update(self, ref: str, body: models.SourcePatch, *, if_match: IfMatch) -> models.SourceWritten:
        return self._send(Call[models.SourceWritten]("PATCH", self._at(ref), body=body, if_match=if_match))


class Tags(_Noun):
    """Tags, one by one and in lists."""

    noun = "tags"

    @overload
    def get(
        self, ref: str, *, fields: Sequence[models.GetTagField], **query: Unpack[models.GetTagQuery]
    ) -> models.TagSelection: ...
    @overload
    def get(self, ref: str, **query: Unpack[models.GetTagQuery]) -> models.TagAnswer: ...
    def get(
        self, ref: str, *, fields: Sequence[models.GetTagField] | None = None, **query: Unpack[models.GetTagQuery]
    ) -> object:
        return self._send(Call[object]("GET", self._at(ref), shaped(query, fields)))

    @overload
    def list(
        self, *, fields: Sequence[models.ListTagsField], **query: Unpack[models.ListTagsQuery]
    ) -> Page[models.TagSelection, models.TagIncluded]: ...
    @overload
    def list(self, **query: Unpack[models.ListTagsQuery]) -> Page[models.TagAnswer, models.TagIncluded]: ...
    def list(
        self, *, fields: Sequence[models.ListTagsField] | None = None, **query: Unpack[models.ListTagsQuery]
    ) -> object:
        return self._send(Call[object]("GET", f"/v1/{self.noun}", shaped(query, fields)))

    @overload
    def pages(
        self, *, fields: Sequence[models.ListTagsField], **query: Unpack[models.ListTagsQuery]
    ) -> Iterator[models.TagSelection]: ...
    @overload
    def pages(self, **query: Unpack[models.ListTagsQuery]) -> Iterator[models.TagAnswer]: ...
    def pages(
        self, *, fields: Sequence[models.ListTagsField] | None = None, **query: Unpack[models.ListTagsQuery]
    ) -> Iterator[object]:
        return self._walk(shaped(query, fields))

    def revision(self, ref: str, number: int, **query: Unpack[models.GetTagRevisionQuery]) -> models.TagOut:
        return self._send(Call[models.TagOut]("GET", self._at(ref, "revisions", number), query))

    def create(self, body: models.TagIn, *, idempotency_key: str | None = None) -> models.TagWritten:
        path = f"/v1/{self.noun}"
        return self._send(Call[models.TagWritten]("POST", path, body=body, idempotency_key=idempotency_key))

    def put(self, ref: str, body: models.TagPut, *, if_match: IfMatch | None = None) -> models.TagWritten:
        """Creates or replaces; only what is there takes `if_match`."""
        return self._send(Call[models.TagWritten]("PUT", self._at(ref), body=body, if_match=if_match))

    def update(self, ref: str, body: models.TagPatch, *, if_match: IfMatch) -> models.TagWritten:
        return self._send(Call[models.TagWritten]("PATCH", self._at(ref), body=body, if_match=if_match))


class Collections(_Noun):
    """Collections, one by one and in lists, and their stories."""

    noun = "collections"

    @overload
    def get(
        self, ref: str, *, fields: Sequence[models.GetCollectionField], **query: Unpack[models.GetCollectionQuery]
    ) -> models.CollectionSelection: ...
    @overload
    def get(self, ref: str, **query: Unpack[models.GetCollectionQuery]) -> models.CollectionAnswer: ...
    def get(
        self,
        ref: str,
        *,
        fields: Sequence[models.GetCollectionField] | None = None,
        **query: Unpack[models.GetCollectionQuery],
    ) -> object:
        return self._send(Call[object]("GET", self._at(ref), shaped(query, fields)))

    @overload
    def list(
        self, *, fields: Sequence[models.ListCollectionsField], **query: Unpack[models.ListCollectionsQuery]
    ) -> Page[models.CollectionSelection, models.NothingIncluded]: ...
    @overload
    def list(
        self, **query: Unpack[models.ListCollectionsQuery]
    ) -> Page[models.CollectionAnswer, models.NothingIncluded]: ...
    def list(
        self,
        *,
        fields: Sequence[models.ListCollectionsField] | None = None,
        **query: Unpack[models.ListCollectionsQuery],
    ) -> object:
        return self._send(Call[object]("GET", f"/v1/{self.noun}", shaped(query, fields)))

    @overload
    def pages(
        self, *, fields: Sequence[models.ListCollectionsField], **query: Unpack[models.ListCollectionsQuery]
    ) -> Iterator[models.CollectionSelection]: ...
    @overload
    def pages(self, **query: Unpack[models.ListCollectionsQuery]) -> Iterator[models.CollectionAnswer]: ...
    def pages(
        self,
        *,
        fields: Sequence[models.ListCollectionsField] | None = None,
        **query: Unpack[models.ListCollectionsQuery],
    ) -> Iterator[object]:
        return self._walk(shaped(query, fields))

    @overload
    def items(
        self,
        ref: str,
        *,
        fields: Sequence[models.ListCollectionItemsField],
        **query: Unpack[models.ListCollectionItemsQuery],
    ) -> Page[models.ArticleSelection, models.ArticleIncluded]: ...
    @overload
    def items(
        self, ref: str, **query: Unpack[models.ListCollectionItemsQuery]
    ) -> Page[models.ArticleHit, models.ArticleIncluded]: ...
    def items(
        self,
        ref: str,
        *,
        fields: Sequence[models.ListCollectionItemsField] | None = None,
        **query: Unpack[models.ListCollectionItemsQuery],
    ) -> object:
        """The stories of a collection, in its order."""
        return self._send(Call[object]("GET", self._at(ref, "items"), shaped(query, fields)))

    def revision(
        self, ref: str, number: int, **query: Unpack[models.GetCollectionRevisionQuery]
    ) -> models.CollectionAnswer:
        return self._send(Call[models.CollectionAnswer]("GET", self._at(ref, "revisions", number), query))

    def difference(self, ref: str, from_revision: int, to_revision: int) -> models.DocumentDifference:
        query = {"from": from_revision, "to": to_revision}
        return self._send(Call[models.DocumentDifference]("GET", self._at(ref, "diff"), query))

    def create(self, body: models.CollectionIn, *, idempotency_key: str | None = None) -> models.CollectionWritten:
        path = f"/v1/{self.noun}"
        return self._send(Call[models.CollectionWritten]("POST", path, body=body, idempotency_key=idempotency_key))

    def put(self, ref: str, body: models.CollectionPut, *, if_match: IfMatch | None = None) -> models.CollectionWritten:
        """Creates or replaces; only what is there takes `if_match`."""
        return self._send(Call[models.CollectionWritten]("PUT", self._at(ref), body=body, if_match=if_match))

    def update(self, ref: str, body: models.CollectionPatch, *, if_match: IfMatch) -> models.CollectionWritten:
        return self._send(Call[models.CollectionWritten]("PATCH", self._at(ref), body=body, if_match=if_match))

    def draft(self, ref: str, **query: Unpack[models.GetCollectionWorkingCopyQuery]) -> models.CollectionAnswer:
        return self._send(Call[models.CollectionAnswer]("GET", self._at(ref, "draft"), query))

    def update_draft(self, ref: str, body: models.CollectionPatch, *, if_match: IfMatch) -> models.CollectionWritten:
        path = self._at(ref, "draft")
        return self._send(Call[models.CollectionWritten]("PATCH", path, body=body, if_match=if_match))

    def discard_draft(self, ref: str, *, if_match: IfMatch) -> None:
        self._send(Call[None]("DELETE", self._at(ref, "draft"), if_match=if_match))

    def publish(
        self, ref: str, body: models.PublishIn | None = None, **options: Unpack[Acting]
    ) -> models.CollectionWritten:
        return self._send(Call[models.CollectionWritten]("POST", self._at(ref, "publish"), body=body or {}, **options))

    def unpublish(self, ref: str, **options: Unpack[Acting]) -> models.CollectionWritten:
        return self._send(Call[models.CollectionWritten]("POST", self._at(ref, "unpublish"), body={}, **options))

    def withdraw(
        self, ref: str, body: models.CollectionWithdrawIn, **options: Unpack[Acting]
    ) -> models.CollectionWritten:
        return self._send(Call[models.CollectionWritten]("POST", self._at(ref, "withdraw"), body=body, **options))

    def erase(self, ref: str, body: models.EraseIn, **options: Unpack[Acting]) -> models.CollectionWritten:
        return self._send(Call[models.CollectionWritten]("POST", self._at(ref, "erase"), body=body, **options))
