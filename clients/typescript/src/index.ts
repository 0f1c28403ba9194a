export * from "./types.js";
export * from "./problem.js";
export * from "./transport.js";
export * from "./follow.js";
export * from "./render.js";
export * from "./webhook.js";
export * from "./client.js";
