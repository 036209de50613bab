// sa-sdk-miniprogram on a stubbed `wx`: url, token, number of events.
require("./wx.cjs")
const [url, token, count] = process.argv.slice(2)

const sensors = require("sa-sdk-miniprogram")
sensors.setPara({ name: "sensors", server_url: `${url}/sa?project=default&token=${token}`, show_log: false, batch_send: { send_timeout: 300, max_length: 6 }, autoTrack: { appLaunch: true, appShow: true, appHide: true, pageShow: true, pageShare: true, mpClick: false } })
sensors.init()
wx.shown.forEach((callback) => callback({ path: "pages/index/index", query: { utm_source: "wecom" }, scene: 1047 }))

setTimeout(() => {
  for (let n = 0; n < Number(count); n++) {
    sensors.track("Harness", { n, text: "龙井 🍵", price: 19.9, tags: ["新品", "hot"], on: true })
  }
  sensors.login("u0")
  sensors.setProfile({ nickname: "小明", level: 3 })
  sensors.track("After Login", { product_id: "S1" })
  setTimeout(() => finish(Date.now()), 2000)
}, 300)

function finish(began) {
  // The SDK backs off after a failure, twice as long each time.
  const left = (sensors.store.mem.mdata || []).length
  if ((left || wx.inFlight) && Date.now() - began < 45000) return setTimeout(() => finish(began), 200)
  console.log(JSON.stringify({ left, answered: wx.answered, failed: wx.failed, device: sensors.store._state.identities.$identity_mp_id }))
  process.exit(left ? 1 : 0)
}
