// Reads every answer with the schemas that hey-api makes for zod, then asks the server through its functions.
import { expect, readAll } from "./check";
import { client } from "./generated/client.gen";
import { listArticles, streamChanges } from "./generated/sdk.gen";
import * as schemas from "./generated/zod.gen";

declare const process: { argv: string[] };

async function ask(): Promise<void> {
  client.setConfig({ baseUrl: process.argv[2] ?? "" });
  const some = await listArticles({ query: { include: ["tags", "sources"], fields: ["headline", "tags"], limit: 5 } });
  expect(some.data?.items[0]?.headline !== undefined, "what was selected is there");
  const both = await listArticles({ query: { tag: ["trams", "ferries"], limit: 100 } });
  const either = await listArticles({ query: { tag: ["trams,ferries"], limit: 100 } });
  expect((both.data?.items.length ?? 0) < (either.data?.items.length ?? 0), "all of is fewer than any of");
  const connection = new AbortController();
  const { stream } = await streamChanges({ query: { after: 1 }, signal: connection.signal });
  for await (const change of stream) {
    expect(change.op === "created" && change.keys.length > 0, "an event of the stream is typed");
    break;
  }
  connection.abort();
}

const count = readAll(schemas, (operation) => `z${operation}Response`);
void ask().then(() => console.log(`read ${count}`));
