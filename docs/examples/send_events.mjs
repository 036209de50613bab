// Sends a batch of events to Hutong as a server source does: signed by Standard Webhooks, tried again
// with the same ids where that may help. Node's own library only (18 or newer).
//
//     HUTONG_URL=https://crm.example.com HUTONG_KEY=… HUTONG_SECRET=whsec_… node send_events.mjs

import { createHmac, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const { HUTONG_URL, HUTONG_KEY, HUTONG_SECRET } = process.env;
const TRIES = 5;

/** The headers of this body, sent now. */
function signed(body) {
  const id = randomUUID();
  const stamp = Math.floor(Date.now() / 1000).toString();
  const secret = Buffer.from(HUTONG_SECRET.replace(/^whsec_/, ""), "base64");
  const mac = createHmac("sha256", secret).update(`${id}.${stamp}.`).update(body).digest("base64");
  return {
    "Content-Type": "application/json",
    Authorization: `Bearer ${HUTONG_KEY}`,
    "webhook-id": id,
    "webhook-timestamp": stamp,
    "webhook-signature": `v1,${mac}`,
  };
}

/** After 429, 5xx or no answer the same bytes are sent again, signed anew. */
async function post(path, body) {
  for (let attempt = 1; ; attempt++) {
    let wait = 2 ** attempt;
    try {
      const answer = await fetch(HUTONG_URL.replace(/\/$/, "") + path, {
        method: "POST",
        body,
        headers: signed(body),
        signal: AbortSignal.timeout(30_000),
      });
      const mayHelp = answer.status === 429 || answer.status >= 500;
      if (!mayHelp || attempt === TRIES) return [answer.status, await answer.json()];
      wait = Number(answer.headers.get("Retry-After")) || wait;
    } catch (error) {
      // No answer: whether it was stored is not known, and does not matter.
      if (attempt === TRIES) throw error;
    }
    await sleep(Math.min(wait, 60) * 1000);
  }
}

const now = new Date().toISOString();
const visitor = { member_id: "10086", anonymous_id: "device-1" };
const events = [
  {
    id: `view-${randomUUID()}`, // yours: kept with the event until it is stored
    name: "Product Viewed",
    occurred_at: now,
    identities: visitor,
    properties: { product_id: "P1", price_fen: 19900 },
  },
  {
    id: `cart-${randomUUID()}`,
    name: "Product Added",
    occurred_at: now,
    identities: visitor,
    properties: { product_id: "P1", 名称: "福鼎白茶" },
  },
];
const [status, answer] = await post("/api/v1/events", Buffer.from(JSON.stringify({ batch: events })));
console.log(status, JSON.stringify(answer));
process.exitCode = [200, 202].includes(status) && answer.rejected.length === 0 ? 0 : 1;
