// Reads every answer with the schemas that orval makes for zod, then asks the server through its functions.
import { expect, readAll } from "./check";
import { listArticles } from "./generated/client";
import * as schemas from "./generated/zod";

async function ask(): Promise<void> {
  const some = await listArticles({ include: ["tags", "sources"], fields: ["headline", "tags"], limit: 5 });
  expect(some.status === 200 && some.data.items[0]?.headline !== undefined, "what was selected is there");
  const both = await listArticles({ tag: ["trams", "ferries"], limit: 100 });
  const either = await listArticles({ tag: ["trams,ferries"], limit: 100 });
  expect(both.status === 200 && either.status === 200, "both are answered");
  expect(both.data.items.length < either.data.items.length, "all of is fewer than any of");
}

const count = readAll(schemas, (operation) => `${operation}Response`);
void ask().then(() => console.log(`read ${count}`));
