// @rudderstack/rudder-sdk-node: gzip under a wrong content type.
const Analytics = require("@rudderstack/rudder-sdk-node")
const [url, key, count] = process.argv.slice(2)
const client = new Analytics(key, { dataPlaneUrl: url, flushAt: 7, flushInterval: 100, retryCount: 8 })

client.identify({ userId: "u0", anonymousId: "a0", traits: { name: "小明", level: 3 } })
for (let n = 0; n < Number(count); n++) {
  client.track({ userId: "u" + (n % 3), event: "Harness", properties: { n, text: "龙井 🍵", price: 19.9, nested: { a: [1, { b: null }] }, on: true } })
}
const flushed = setInterval(() => client.flush(), 300)
setTimeout(() => { clearInterval(flushed); process.exit(0) }, 15000)
