// What the scripts for TypeScript clients share: the answers to read, and whether reading lost anything.
declare function require(name: string): unknown;

type Schema = { parse(value: unknown): unknown };
type Answer = { operation: string; body: unknown };

export function expect(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

function same(left: unknown, right: unknown): boolean {
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return left === right;
  const names = Object.keys(left);
  const [one, other] = [left as Record<string, unknown>, right as Record<string, unknown>];
  return names.length === Object.keys(right).length && names.every((name) => name in other && same(one[name], other[name]));
}

/** Reads every answer with the schema of its operation, whose name is made from `ListArticles`; returns how many. */
export function readAll(schemas: object, nameOf: (operation: string) => string): number {
  // From the folder that the scripts are compiled into.
  const answers = require("../answers.json") as Answer[];
  for (const { operation, body } of answers) {
    const name = nameOf(operation.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase()));
    const schema = (schemas as Record<string, Schema>)[name];
    expect(schema !== undefined, `there is no ${name}`);
    // Reading drops fields that the schema does not name.
    expect(same(schema.parse(body), body), `${name} loses something of ${JSON.stringify(body).slice(0, 2000)}`);
  }
  return answers.length;
}
