// A front end as docs/clients.md describes it, with openapi-typescript and openapi-fetch.
import createClient from "openapi-fetch";
import { expect } from "./check";
import type { components, paths } from "./dovidka";

type Schemas = components["schemas"];
type ArticleCard = Schemas["ArticleCard"];
type Level = 2 | 3 | 4;
declare const process: { argv: string[] };

// One serializer for all parameters of openapi-fetch knows no exceptions, so these are named.
const REPEATED = new Set(["tag", "tag_not", "source", "note"]);

function querySerializer(query: Record<string, unknown>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    const values = Array.isArray(value) && REPEATED.has(name) ? value : [value];
    for (const one of values) parameters.append(name, String(one));
  }
  return parameters.toString();
}

const isWhole = <T extends object>(one: T): one is Extract<T, { revision: number }> => "revision" in one;

// Answers by address, and how often one of them was still right.
const kept = new Map<string, Response>();
let unchanged = 0;

async function conditionally(request: Request): Promise<Response> {
  const known = request.method === "GET" ? kept.get(request.url) : undefined;
  const etag = known?.headers.get("ETag");
  if (etag) request.headers.set("If-None-Match", etag);
  const answer = await fetch(request);
  if (answer.status === 304 && known) {
    unchanged += 1;
    return known.clone();
  }
  if (request.method === "GET" && answer.ok && answer.headers.has("ETag")) kept.set(request.url, answer.clone());
  return answer;
}

export const levels = (body: Schemas["Block"][]): Level[] => body.flatMap((one) => (one.type === "heading" ? [one.level] : []));

async function main(): Promise<void> {
  const api = createClient<paths>({ baseUrl: process.argv[2] ?? "", querySerializer, fetch: conditionally });

  const all = await api.GET("/v1/articles", { params: { query: { tag: ["trams"], include: ["tags", "sources"] } } });
  const cards: ArticleCard[] = all.data?.items.filter(isWhole) ?? [];
  expect(cards.length > 0 && cards.every((card) => card.headline.length > 0), "cards are whole");
  expect(Object.keys(all.data?.included.tags ?? {}).length > 0, "tags are included");

  const both = await api.GET("/v1/articles", { params: { query: { tag: ["trams", "ferries"], limit: 100 } } });
  const either = await api.GET("/v1/articles", { params: { query: { tag: ["trams,ferries"], limit: 100 } } });
  expect((both.data?.items.length ?? 0) < (either.data?.items.length ?? 0), "all of is fewer than any of");

  const some = await api.GET("/v1/articles", { params: { query: { fields: ["headline", "body"], limit: 1 } } });
  for (const item of some.data?.items ?? []) {
    expect(!isWhole(item) && item.headline !== undefined && item.body !== undefined, "what was selected is there");
  }

  const tags = await api.GET("/v1/tags", { params: { query: { type: ["section"] } } });
  expect((tags.data?.items.filter(isWhole) ?? []).every((tag) => Object.keys(tag.labels).length > 0), "tags are whole");

  const former = { params: { path: { ref: "chytalnia-pratsiuvatyme-tsilodobovo" } } };
  for (const times of [0, 1]) {
    const story = await api.GET("/v1/articles/{ref}", former);
    expect(story.data?.slug === "chytalnia-shcho-ne-spyt", "a former slug leads on");
    expect(story.data !== undefined && isWhole(story.data) && story.data.body.length > 0, "a story is whole");
    expect(unchanged === times, "what is unchanged is not sent again");
  }

  const gone = await api.GET("/v1/articles/{ref}", {
    params: { path: { ref: "roof-of-the-kushnirka-depot-unsafe-memo-says" } },
  });
  const problem: Schemas["WithdrawnProblem"] | undefined =
    gone.error && "replacement" in gone.error ? gone.error : undefined;
  expect(problem?.replacement?.language === "en", "what was withdrawn names a replacement");

  const refused = await api.GET("/v1/articles/{ref}", { params: { path: { ref: "no-such-story" } } });
  expect(refused.error?.code === "not-found", "an error is typed");

  console.log("asked");
}

// What a write must have, and no more.
export const story: Schemas["ArticleIn"] = {
  language: "en",
  headline: "The night ferry runs again",
  body: [{ type: "paragraph", html: "The bell rang." }, { type: "quote", html: "At last." }],
  relations: [{ relation: "follow_up", text: "The ice has left" }],
};
export const note: Schemas["NoteIn"] = { slug: "night-ferry", language: "en", heading: "For reference: the night ferry" };
export const tag: Schemas["TagIn"] = { slug: "sledging", type: "topic", labels: { en: "Sledging" } };
export const source: Schemas["SourceIn"] = { slug: "harbour", type: "organisation", names: { en: "Harbour office" } };
export const webhook: Schemas["NewWebhookIn"] = { name: "Edge cache", url: "https://cache.example/purge" };

void main();
