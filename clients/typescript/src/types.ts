// What requests take and answers are, by operation of the API. Types alone: nothing of this file is left at run time.
import type { components, operations } from "./schema.js";

export type Schemas = components["schemas"];
export type Operation = keyof operations;
export type Block = Schemas["Block"];
export type Change = Schemas["ChangeEntry"];

type Loose<Value> = Value extends readonly (infer Item)[] ? Item | readonly Item[] : Value;
type Parameters<O extends Operation> = NonNullable<operations[O]["parameters"]["query"]>;

/** The query parameters of an operation. A list of one value may be the value itself. */
export type Query<O extends Operation> = { [Name in keyof Parameters<O>]: Loose<Parameters<O>[Name]> };

/** The JSON that an operation is sent. */
export type Body<O extends Operation> = NonNullable<operations[O]["requestBody"]> extends {
  content: { "application/json": infer Content };
}
  ? Content
  : never;

type Success<Responses> = Responses extends { 200: infer Ok } ? Ok : Responses extends { 201: infer Made } ? Made : never;

/** The JSON that an operation answers with. */
export type Answer<O extends Operation> = Success<operations[O]["responses"]> extends {
  content: { "application/json": infer Content };
}
  ? Content
  : undefined;

// For each noun: a document, a card of a list, a document with every field that can be selected, and what may be beside it.
interface Nouns {
  articles: Noun<"article", Schemas["ArticleAnswer"], Schemas["ArticleHit"], Schemas["ArticleSelection"], Schemas["ArticleIncluded"], "id" | "slug">;
  notes: Noun<"note", Schemas["NoteAnswer"], Schemas["NoteHit"], Schemas["NoteSelection"], Schemas["NoteIncluded"]>;
  sources: Noun<"source", Schemas["SourceOut"], Schemas["SourceOut"], Schemas["SourceSelection"], Schemas["SourceIncluded"]>;
  collections: Noun<"collection", Schemas["CollectionAnswer"], Schemas["CollectionAnswer"], Schemas["CollectionSelection"], Schemas["NothingIncluded"]>;
  tags: Noun<"tag", Schemas["TagAnswer"], Schemas["TagAnswer"], Schemas["TagSelection"], Schemas["TagIncluded"]>;
}

interface Noun<Name extends string, Document, Card, Selection, Groups, Identity = "slug"> {
  get: `get_${Name}`;
  list: `list_${Name}s`;
  document: Omit<Document, "included">;
  card: Omit<Card, "included">;
  fields: Omit<Required<Selection>, "included">;
  identity: Identity;
  included: Required<Groups>;
}

export type NounName = keyof Nouns;
type Named<List> = List extends readonly (infer Name)[] ? Name : never;
type ListOf<Parameter> = readonly Named<NonNullable<Parameter>>[];
type Optional<Parameters, Name extends string> = Name extends keyof Parameters ? Parameters[Name] : never;

/** The names of fields that `fields` may have; undefined where it is not sent. */
export type Fields<N extends NounName> = ListOf<Optional<Parameters<Nouns[N]["list"]>, "fields">> | undefined;
/** The names that `include` of one object, or of a list, may have; undefined where it is not sent. */
export type Include<N extends NounName, Of extends "get" | "list"> =
  | ListOf<Optional<Parameters<Nouns[N][Of]>, "include">>
  | undefined;

type Shape<F, I> = { fields?: F; include?: I };
export type GetParameters<N extends NounName, F, I> = Omit<Query<Nouns[N]["get"]>, "fields" | "include"> & Shape<F, I>;
export type ListParameters<N extends NounName, F, I> = Omit<Query<Nouns[N]["list"]>, "fields" | "include"> & Shape<F, I>;

type Flat<Type> = { [Name in keyof Type]: Type[Name] };
// Of a list that is known only at run time, each field may be missing.
type Picked<Type, Name, List extends readonly unknown[]> = number extends List["length"]
  ? Partial<Pick<Type, Name & keyof Type>>
  : Pick<Type, Name & keyof Type>;
type Selected<N extends NounName, F, Whole> = F extends readonly (infer Name)[]
  ? Flat<Pick<Nouns[N]["fields"], Nouns[N]["identity"] & keyof Nouns[N]["fields"]> & Picked<Nouns[N]["fields"], Name, F>>
  : Whole;
type Group<Name> = Name extends "relations" ? "articles" : Name;

/** What stands beside: the groups that `include` names, and no other. */
export type Included<N extends NounName, I> = I extends readonly (infer Name)[]
  ? Flat<Picked<Nouns[N]["included"], Group<Name>, I>>
  : Record<never, never>;
type Beside<N extends NounName, I> = I extends readonly unknown[] ? { included: Included<N, I> } : unknown;

/** One object: whole, or what `fields` names with what names the object; with `included` where `include` is sent. */
export type Document<N extends NounName, F = undefined, I = undefined> = Flat<
  Selected<N, F, Nouns[N]["document"]> & Beside<N, I>
>;
/** One object in a list: a card, or what `fields` names. */
export type Item<N extends NounName, F = undefined> = Selected<N, F, Nouns[N]["card"]>;
/** One object in a walk over pages, with `included` of its page where `include` is sent. */
export type Walked<N extends NounName, F = undefined, I = undefined> = Flat<Item<N, F> & Beside<N, I>>;

/** A page: `next` and `prev` are cursors; `count`, `facets` and `explain` are there where they are asked for. */
export interface Page<N extends NounName, F = undefined, I = undefined>
  extends Pick<Schemas["ArticlePage"], "next" | "prev" | "count" | "facets" | "explain"> {
  items: Item<N, F>[];
  included: Included<N, I>;
}
