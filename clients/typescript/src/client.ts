// The operations of the API by their names. What is new in the API is one line here.
import { follow, type FollowOptions } from "./follow.js";
import { transport, type ClientOptions, type RequestOptions, type WriteOptions } from "./transport.js";
import type {
  Answer,
  Body,
  Document,
  Fields,
  GetParameters,
  Include,
  ListParameters,
  NounName,
  Operation,
  Page,
  Query,
  Walked,
} from "./types.js";

/** With `ifMatch`, without which the server refuses to change what is there. */
export type ChangeOptions = WriteOptions & Required<Pick<WriteOptions, "ifMatch">>;

// A body that may be empty may be left out.
type Acting<Content> = {} extends Content ? [body?: Content, options?: WriteOptions] : [body: Content, options?: WriteOptions];

/** A client of the server at an address such as `https://news.example`. All its functions throw `Problem`. */
export function createClient(baseUrl: string, clientOptions: ClientOptions = {}) {
  const http = transport(baseUrl, clientOptions);
  const at = (noun: NounName, ref: string, ...rest: string[]) =>
    ["/v1", noun, encodeURIComponent(ref), ...rest].join("/");

  /** A GET without a name in its path. */
  const read =
    <O extends Operation>(path: string) =>
    (query?: Query<O>, options?: RequestOptions) =>
      http.send("GET", path, { ...options, query }) as Promise<Answer<O>>;

  /** A GET of something that one object has. */
  const readOf =
    <O extends Operation>(noun: NounName, ...rest: string[]) =>
    (ref: string, query?: Query<O>, options?: RequestOptions) =>
      http.send("GET", at(noun, ref, ...rest), { ...options, query }) as Promise<Answer<O>>;

  /** A GET of an object, or of one of its states. */
  const document =
    <N extends NounName>(noun: N, ...rest: string[]) =>
    <const F extends Fields<N> = undefined, const I extends Include<N, "get"> = undefined>(
      ref: string,
      query?: GetParameters<N, F, I>,
      options?: RequestOptions,
    ) =>
      http.send("GET", at(noun, ref, ...rest), { ...options, query }) as Promise<Document<N, F, I>>;

  const documentRevision =
    <N extends NounName>(noun: N) =>
    <const F extends Fields<N> = undefined, const I extends Include<N, "get"> = undefined>(
      ref: string,
      revision: number,
      query?: GetParameters<N, F, I>,
      options?: RequestOptions,
    ) =>
      document(noun, "revisions", String(revision))(ref, query, options);

  /** A POST that acts on one object. */
  const act =
    <O extends Operation>(noun: NounName, verb: string) =>
    (ref: string, ...[body, options]: Acting<Body<O>>) =>
      http.send("POST", at(noun, ref, verb), { ...options, body: body ?? {} }) as Promise<Answer<O>>;

  const create =
    <O extends Operation>(noun: NounName) =>
    (body: Body<O>, options?: WriteOptions) =>
      http.send("POST", `/v1/${noun}`, { ...options, body }) as Promise<Answer<O>>;

  /** Creates or replaces; only what is there takes `ifMatch`. */
  const put =
    <O extends Operation>(noun: NounName) =>
    (ref: string, body: Body<O>, options?: WriteOptions) =>
      http.send("PUT", at(noun, ref), { ...options, body }) as Promise<Answer<O>>;

  const update =
    <O extends Operation>(noun: NounName, ...rest: string[]) =>
    (ref: string, body: Body<O>, options: ChangeOptions) =>
      http.send("PATCH", at(noun, ref, ...rest), { ...options, body }) as Promise<Answer<O>>;

  const remove =
    (noun: NounName, ...rest: string[]) =>
    (ref: string, options: ChangeOptions) =>
      http.send("DELETE", at(noun, ref, ...rest), options) as Promise<undefined>;

  /** What all nouns have. */
  const reading = <N extends NounName>(noun: N) => {
    function list<const F extends Fields<N> = undefined, const I extends Include<N, "list"> = undefined>(
      query?: ListParameters<N, F, I>,
      options?: RequestOptions,
    ) {
      return http.send("GET", `/v1/${noun}`, { ...options, query }) as Promise<Page<N, F, I>>;
    }

    /** All items, page after page, each with `included` of its page if `include` is sent. */
    async function* pages<const F extends Fields<N> = undefined, const I extends Include<N, "list"> = undefined>(
      query?: ListParameters<N, F, I>,
      options?: RequestOptions,
    ): AsyncGenerator<Walked<N, F, I>, void, undefined> {
      for (let cursor: object | null = {}; cursor; ) {
        const page: Page<N, F, I> = await list({ ...query, ...cursor } as ListParameters<N, F, I>, options);
        const beside: object = query?.include ? { included: page.included } : {};
        for (const item of page.items) yield Object.assign(item as object, beside) as Walked<N, F, I>;
        cursor = page.next === null ? null : { cursor: page.next };
      }
    }

    const revisions = readOf<"list_article_revisions">(noun, "revisions");
    return { get: document(noun), list, pages, revisions, delete: remove(noun) };
  };

  return {
    articles: {
      ...reading("articles"),
      revision: documentRevision("articles"),
      difference: readOf<"get_article_difference">("articles", "diff"),
      related: readOf<"list_related_articles">("articles", "related"),
      draft: document("articles", "draft"),
      create: create<"create_article">("articles"),
      update: update<"update_article">("articles"),
      updateDraft: update<"update_working_copy">("articles", "draft"),
      discardDraft: remove("articles", "draft"),
      publish: act<"publish_article">("articles", "publish"),
      unpublish: act<"unpublish_article">("articles", "unpublish"),
      withdraw: act<"withdraw_article">("articles", "withdraw"),
      erase: act<"erase_article">("articles", "erase"),
      correct: act<"correct_article">("articles", "correct"),
      preview: act<"create_article_preview">("articles", "previews"),
    },
    notes: {
      ...reading("notes"),
      revision: documentRevision("notes"),
      difference: readOf<"get_note_difference">("notes", "diff"),
      create: create<"create_note">("notes"),
      put: put<"put_note">("notes"),
      update: update<"update_note">("notes"),
      publish: act<"publish_note">("notes", "publish"),
      unpublish: act<"unpublish_note">("notes", "unpublish"),
      withdraw: act<"withdraw_note">("notes", "withdraw"),
      erase: act<"erase_note">("notes", "erase"),
      preview: act<"create_note_preview">("notes", "previews"),
    },
    sources: {
      ...reading("sources"),
      revision: documentRevision("sources"),
      create: create<"create_source">("sources"),
      put: put<"put_source">("sources"),
      update: update<"update_source">("sources"),
    },
    tags: {
      ...reading("tags"),
      revision: documentRevision("tags"),
      create: create<"create_tag">("tags"),
      put: put<"put_tag">("tags"),
      update: update<"update_tag">("tags"),
    },
    collections: {
      ...reading("collections"),
      /** The stories of a collection, in its order. */
      items: readOf<"list_collection_items">("collections", "items"),
      revision: documentRevision("collections"),
      difference: readOf<"get_collection_difference">("collections", "diff"),
      draft: document("collections", "draft"),
      create: create<"create_collection">("collections"),
      put: put<"put_collection">("collections"),
      update: update<"update_collection">("collections"),
      updateDraft: update<"update_collection_working_copy">("collections", "draft"),
      discardDraft: remove("collections", "draft"),
      publish: act<"publish_collection">("collections", "publish"),
      unpublish: act<"unpublish_collection">("collections", "unpublish"),
      withdraw: act<"withdraw_collection">("collections", "withdraw"),
      erase: act<"erase_collection">("collections", "erase"),
    },
    changes: {
      list: read<"list_changes">("/v1/changes"),
      follow: (options: FollowOptions) => follow(http, options),
    },
    /** What the holder of a token may see: an article or a note as the desk has it. */
    preview: (token: string, query?: Query<"get_preview">, options?: RequestOptions) =>
      read<"get_preview">(`/v1/previews/${encodeURIComponent(token)}`)(query, options),
    search: read<"search_content">("/v1/search"),
    suggest: read<"suggest_content">("/v1/suggest"),
    quotes: read<"list_quotes">("/v1/quotes"),
    timeline: read<"list_timeline">("/v1/timeline"),
    archive: read<"get_archive">("/v1/archive"),
    redirects: read<"list_redirects">("/v1/redirects"),
  };
}

export type Client = ReturnType<typeof createClient>;
