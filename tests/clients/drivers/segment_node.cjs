// @segment/analytics-node as a shop's server uses it: url, key, number of events.
const { Analytics } = require("@segment/analytics-node")
const [url, writeKey, count] = process.argv.slice(2)
const analytics = new Analytics({ writeKey, host: url, flushAt: 7, flushInterval: 100, maxRetries: 8 })
analytics.on("error", (error) => console.error("error", JSON.stringify(error)))

analytics.identify({ userId: "u0", anonymousId: "a0", traits: { name: "小明", phone: "13800138000", level: 3, tags: ["新品", "hot"] } })
for (let n = 0; n < Number(count); n++) {
  analytics.track({
    userId: "u" + (n % 3),
    event: "Harness",
    properties: { n, text: "龙井 🍵", price: 19.9, nested: { a: [1, { b: null }] }, on: true },
    context: { campaign: { name: "summer", source: "wecom" } },
  })
}
analytics.page({ userId: "u0", category: "shop", name: "Home", properties: { url: "https://shop.example/" } })
analytics.screen({ userId: "u0", name: "pages/index/index" })
analytics.group({ userId: "u0", groupId: "store-1", traits: { name: "上海店" } })
analytics.alias({ userId: "u0", previousId: "a1" })
analytics.track({ anonymousId: "a0", event: "Anonymous" })
analytics.track({ anonymousId: "a1", event: "Anonymous" })
analytics.closeAndFlush({ timeout: 60000 })
