// Prints the position of each change, until a story says that it is the last one.
import { createClient } from "dovidka-client";

declare const process: { argv: string[] };
const [base = "", after = "0"] = process.argv.slice(2);

const onRetry = (problem: Error, seconds: number) => console.error(`${problem.message} (${seconds} s)`);
for await (const change of createClient(base).changes.follow({ after: Number(after), onRetry })) {
  console.log(change.seq);
  if (change.document?.["headline"] === "The last one") break;
}
