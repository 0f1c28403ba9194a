// Whether a webhook is from the server. Source: Standard Webhooks, "Signature scheme".
import type { Schemas } from "./types.js";

/** The request is not one that the server has just sent: answer 400 or 401, and do nothing. */
export class WebhookRefused extends Error {
  override readonly name = "WebhookRefused";
}

const TOLERANCE_SECONDS = 300;
const bytes = (text: string) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

/**
 * The event in the body of a webhook; `op` is `test` for one that was sent to try the receiver.
 *
 * `body` is the body as it came, `secret` begins with `whsec_`. Throws `WebhookRefused`.
 */
export async function verifyWebhook(
  body: string | Uint8Array,
  // Names in lower case, as Node and Headers have them.
  headers: Headers | Record<string, string | string[] | undefined>,
  secret: string,
): Promise<Schemas["WebhookEvent"] | Schemas["WebhookTestEvent"]> {
  const all = new Map(headers instanceof Headers ? headers : Object.entries(headers));
  const [id, timestamp, signatures] = ["id", "timestamp", "signature"].map((name) => String(all.get(`webhook-${name}`) ?? ""));
  if (!id || !timestamp || !signatures) throw new WebhookRefused("One of webhook-id, webhook-timestamp, webhook-signature is missing.");
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE_SECONDS)) throw new WebhookRefused("It was not sent just now.");
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${text}`);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes(secret.replace(/^whsec_/, "")), algorithm, false, ["verify"]);
  for (const signature of signatures.split(" ")) {
    const [version, code = ""] = signature.split(",", 2);
    // In constant time.
    if (version === "v1" && /^[A-Za-z0-9+/]+={0,2}$/.test(code) && code.length % 4 === 0) {
      if (await crypto.subtle.verify("HMAC", key, bytes(code), signed)) return JSON.parse(text);
    }
  }
  throw new WebhookRefused("No signature is that of the secret.");
}
