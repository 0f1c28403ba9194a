// What must compile, and below each `@ts-expect-error` what must not: the compiler says where it does.
import { createClient, isProblem, renderBlocks, type Fields } from "dovidka-client";

type Equal<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;
const same = <One, Other>(_: Equal<One, Other>): void => undefined;

const api = createClient("https://news.example");

export async function fieldsAreFollowed(fields: Fields<"articles">): Promise<void> {
  const headline = await api.articles.get("night-tram", { fields: ["headline"] });
  same<typeof headline, { id: string; slug: string; headline: string }>(true);
  // @ts-expect-error it was not asked for
  void headline.kicker;

  const tag = await api.tags.get("trams", { fields: ["labels"] });
  same<typeof tag, { slug: string; labels: { [language: string]: string } }>(true);

  const whole = await api.articles.get("night-tram");
  renderBlocks(whole.body);
  const page = await api.articles.list({ tag: "trams" });
  void page.items[0]?.headline.length;
  // @ts-expect-error cards have no body
  void page.items[0]?.body;
  const bodies = await api.articles.list({ fields: ["body"] });
  bodies.items.forEach((item) => renderBlocks(item.body));

  const some = await api.articles.get("night-tram", fields ? { fields } : {});
  // @ts-expect-error which fields there are is known at run time alone
  void some.headline.length;
  void some.headline?.length;
}

export async function includeIsFollowed(): Promise<void> {
  const story = await api.articles.get("night-tram", { include: ["tags", "relations"] });
  same<keyof typeof story.included, "tags" | "articles">(true);
  void story.included.tags["trams"]?.labels;
  renderBlocks(story.body, { included: story.included });
  // @ts-expect-error it was not asked for
  void story.included.sources;
  // @ts-expect-error nothing was asked for
  void (await api.articles.get("night-tram")).included;

  const page = await api.tags.list({ include: ["counts"], fields: ["labels"] });
  same<typeof page.items, { slug: string; labels: { [language: string]: string } }[]>(true);
  void page.included.counts["trams"]?.toFixed();
  for await (const note of api.notes.pages({ include: ["sources"] })) void note.included.sources[note.slug]?.names;
  void (await api.sources.list({ role: "author", include: ["counts"] })).included.counts["wire"]?.toFixed();
  // @ts-expect-error no tags stand beside sources
  void api.sources.list({ include: ["tags"] });
  // @ts-expect-error nothing stands beside one source
  void api.sources.get("wire", { include: ["counts"] });
}

export async function parametersAreChecked(): Promise<void> {
  await api.articles.list({ tag: ["trams", "ferries"], language: "uk", limit: 5, sort: "-updated_at" });
  // @ts-expect-error there is no such parameter
  await api.articles.list({ tags: "trams" });
  // @ts-expect-error there is no such field
  await api.articles.list({ fields: ["title"] });
  // @ts-expect-error there is no such order
  await api.articles.list({ sort: "newest" });
  // @ts-expect-error `fields` is one parameter of an answer's shape, so always a list
  await api.articles.list({ fields: "headline" });
}

export async function writesAreChecked(): Promise<void> {
  const made = await api.articles.create({ language: "en", headline: "The bell rang", body: [{ type: "paragraph", html: "Twice." }] });
  await api.articles.update(made.id, { kicker: null }, { ifMatch: made.revision });
  await api.articles.publish(made.id);
  await api.articles.publish(made.id, { at: "2027-01-01T09:00:00Z" }, { idempotencyKey: "once" });
  await api.tags.put("bells", { type: "topic", labels: { en: "Bells" } });
  // @ts-expect-error a story has a language
  await api.articles.create({ headline: "The bell rang" });
  // @ts-expect-error a change says which revision was seen
  await api.articles.update(made.id, { kicker: null });
  // @ts-expect-error why is it withdrawn?
  await api.articles.withdraw(made.id);
  // @ts-expect-error sources are not published
  await api.sources.publish("depot");
}

export function problemsAreTold(error: unknown): string {
  if (!isProblem(error)) return "";
  switch (error.code) {
    case "withdrawn":
      return error.details.public_note ?? error.details.replacement?.slug ?? error.details.reason;
    case "stale":
      return String(error.details.revision);
    case "unreachable":
      same<typeof error.details, null>(true);
      return error.message;
    // @ts-expect-error no refusal has this code
    case "missing":
      return "";
    default:
      return error.errors.map((fault) => fault.pointer ?? fault.parameter).join();
  }
}

export const overridden = renderBlocks([], {
  overrides: {
    quote: (block, html) => (block.verbatim ? html : ""),
    // @ts-expect-error a heading has no html
    heading: (block) => block.html,
    // @ts-expect-error there is no such type of block
    poll: () => "",
  },
});
