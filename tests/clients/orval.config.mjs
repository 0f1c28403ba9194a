export default {
  client: {
    input: { target: "openapi.json" },
    output: { target: "generated/client.ts", schemas: "generated/model", client: "fetch", baseUrl: process.env.BASE },
  },
  zod: {
    input: { target: "openapi.json" },
    output: { target: "generated/zod.ts", client: "zod" },
  },
};
