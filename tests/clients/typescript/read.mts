// Reads and writes the sample newsroom with the client, and says "done" if all was as it must be.
import { createClient, isProblem, Problem, verifyWebhook, WebhookRefused, type CacheEntry, type ProblemCode } from "dovidka-client";

declare const process: { argv: string[] };
const [base = "", key = "", signed = ""] = process.argv.slice(2);

function expect(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(what);
}
const equal = (one: unknown, other: unknown, what: string) => expect(JSON.stringify(one) === JSON.stringify(other), `${what}: ${JSON.stringify(one)}`);

async function refused<Code extends ProblemCode>(work: () => Promise<unknown>, code: Code): Promise<Problem<Code>> {
  try {
    await work();
  } catch (error) {
    expect(isProblem(error) && error.code === code, `${code} was expected, not ${String(error)}`);
    return error as unknown as Problem<Code>;
  }
  throw new Error(`nothing was refused with ${code}`);
}

async function reads(): Promise<void> {
  const api = createClient(`${base}/`);
  const story = await api.articles.get("the-tram-that-carries-nobody", { fields: ["headline"], include: ["sources", "relations"] });
  equal(Object.keys(story).sort(), ["headline", "id", "included", "slug"], "a selection has what was selected");
  equal(Object.keys(story.included).sort(), ["articles", "sources"], "included has what was asked for");
  const all = await api.articles.list({ limit: 100 });
  const walked: string[] = [];
  for await (const item of api.articles.pages({ limit: 3, fields: ["headline"], include: ["tags"] })) {
    walked.push(item.id);
    expect(item.included.tags, "each item of a walk has what its page included");
  }
  equal(walked, all.items.map((item) => item.id), "a walk has every item once");
  const both = await api.articles.list({ tag: ["trams", "ferries"], limit: 100 });
  const either = await api.articles.list({ tag: "trams,ferries", limit: 100 });
  expect(both.items.length < either.items.length, "all of is fewer than any of");
  const named = await api.articles.list({ ids: all.items.slice(0, 2).map((item) => item.id), language: ["en", "uk"] });
  expect(named.items.length > 0, "a list is sent with commas");
  for await (const tag of api.tags.pages({ include: ["counts"] })) expect(tag.included.counts[tag.slug] !== undefined, tag.slug);
  for await (const source of api.sources.pages()) expect((await api.sources.get(source.slug)).slug === source.slug, source.slug);
  for await (const note of api.notes.pages({ limit: 1 })) expect((await api.notes.revision(note.slug, 1)).body.length, note.slug);
  expect((await api.search({ q: "tram" })).items.length > 0, "everything is searched");
  expect((await api.suggest({ q: "tra" })).items.length > 0, "names are suggested");
  expect((await api.quotes({ include: ["articles"] })).items.every((quote) => quote.text.length > 0), "quotes are read");
  expect((await api.timeline({ from: "1900", tag: ["trams"] })).items.length > 0, "the timeline is read");
  expect((await api.articles.related("the-tram-that-carries-nobody")).items[0]?.card.headline, "related stories are read");
  expect(Object.keys((await api.articles.list({ facets: ["language"] })).facets ?? {}).length === 1, "facets are read");
  expect((await api.archive({ by: "year" })).items.length > 0, "the archive is read");
  expect((await api.articles.revisions("the-tram-that-carries-nobody")).items[0]?.revision === 1, "revisions are read");
}

async function isRefused(): Promise<void> {
  const api = createClient(base);
  const missing = await refused(() => api.articles.get("no-such-story"), "not-found");
  expect(missing.status === 404 && missing.details.request_id && missing instanceof Error, "a refusal is a Problem");
  const invalid = await refused(() => api.articles.list({ limit: 1000 }), "invalid");
  equal(invalid.errors[0]?.parameter, "limit", "a refusal names the parameter");
  await refused(() => createClient(base, { key: "dov_wrong" }).articles.list(), "unauthorized");
  const page = await refused(() => createClient(`${base}/docs#`).articles.list(), "unreadable");
  expect(page.message.includes("Dovidka server"), "a page is no answer");
  const nobody = await refused(() => createClient("http://127.0.0.1:9").articles.list(), "unreachable");
  expect(nobody.status === 0 && nobody.isTemporary && !missing.isTemporary, "nobody is there");
  const signal = AbortSignal.abort();
  const aborted = await api.articles.list({}, { signal }).catch((error: Error) => error.name);
  equal(aborted, "AbortError", "an abort is no problem of the server");
}

async function isCached(): Promise<void> {
  const statuses: number[] = [];
  const cache = new Map<string, CacheEntry>();
  const counted: typeof fetch = async (...request) => {
    const response = await fetch(...request);
    statuses.push(response.status);
    return response;
  };
  const api = createClient(base, { cache, fetch: counted });
  const [first, second] = [await api.tags.list(), await api.tags.list()];
  equal(statuses, [200, 304], "the second answer is confirmed");
  equal(first, second, "and is the same");
}

async function writes(): Promise<void> {
  const cache = new Map<string, CacheEntry>();
  const [desk, reader] = [createClient(base, { key }), createClient(base, { cache })];
  await desk.tags.put("bells", { type: "topic", labels: { en: "Bells" } });
  await refused(() => desk.tags.put("bells", { type: "topic", labels: { en: "Bell" } }), "if-match-required");
  await desk.tags.put("bells", { type: "topic", labels: { en: "Bell" } }, { ifMatch: 1 });
  const idea = { language: "en", headline: "The bell rang", tags: ["bells"], body: [{ type: "paragraph" as const, html: "Twice." }] };
  const made = await desk.articles.create(idea, { idempotencyKey: "bell" });
  equal((await desk.articles.create(idea, { idempotencyKey: "bell" })).id, made.id, "a repeated POST has one effect");
  const changed = await desk.articles.update(made.id, { headline: "The bell rang twice" }, { ifMatch: made.revision });
  const stale = await refused(() => desk.articles.update(made.id, { headline: "No" }, { ifMatch: made.revision }), "stale");
  equal(stale.details.revision, changed.revision, "a stale write is told the present revision");
  await desk.articles.publish(made.id);
  equal((await reader.articles.get(made.slug)).headline, "The bell rang twice", "readers see it");
  await desk.articles.updateDraft(made.id, { kicker: "Bells" }, { ifMatch: "*" });
  equal((await desk.articles.draft(made.id, { fields: ["kicker"] })).kicker, "Bells", "the desk sees the working copy");
  await desk.articles.discardDraft(made.id, { ifMatch: "*" });
  await desk.articles.correct(made.id, { kind: "correction", text: "It rang three times." });
  const preview = await desk.articles.preview(made.id);
  expect("slug" in (await reader.preview(preview.url.split("/").pop() ?? "")), "a preview is read");
  expect([...cache.keys()].some((url) => url.endsWith(made.slug)), "the story is kept");
  await desk.articles.withdraw(made.id, { reason: "error", public_note: "There is no bell." });
  const gone = await refused(() => reader.articles.get(made.slug), "withdrawn");
  equal(gone.details.public_note, "There is no bell.", "a withdrawn story says why");
  expect(![...cache.keys()].some((url) => url.endsWith(made.slug)), "what is withdrawn is not kept");
  const note = await desk.notes.create({ slug: "bells", language: "en", heading: "Bells" });
  equal(await desk.notes.delete(note.slug, { ifMatch: note.revision }), undefined, "a note is deleted");
}

async function isVerified(): Promise<void> {
  const { body, headers, secret } = JSON.parse(signed) as { body: string; headers: Record<string, string>; secret: string };
  const event = await verifyWebhook(new TextEncoder().encode(body), new Headers(headers), secret);
  equal(event.op, "published", "the event is read");
  const late = { ...headers, "webhook-timestamp": "1700000000" };
  const other = { ...headers, "webhook-signature": "v1,AAAA v1,%% v2,x" };
  for (const [text, its] of [[`${body} `, headers], [body, late], [body, other], [body, {}]] as const) {
    const error = await verifyWebhook(text, its, secret).catch((error: unknown) => error);
    expect(error instanceof WebhookRefused, `${JSON.stringify(its)} is refused`);
  }
}

await reads();
await isRefused();
await isCached();
await writes();
await isVerified();
console.log("done");
