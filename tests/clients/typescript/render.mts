// Prints the HTML of each story that the test has put beside it.
import { renderBlocks, type Block, type RenderOptions } from "dovidka-client";
import { stories } from "./stories.mjs";

const overrides: RenderOptions["overrides"] = { divider: (block, html) => html.replace("hr", `hr class="${block.type}"`) };
const all = stories as (RenderOptions & { body: Block[] })[];
console.log(JSON.stringify(all.map(({ body, ...options }) => renderBlocks(body, { ...options, overrides }))));
