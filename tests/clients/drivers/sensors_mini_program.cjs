// sa-sdk-miniprogram on a stubbed `wx`: url, token, number of events.
const http = require("http")
const [url, token, count] = process.argv.slice(2)
const stored = {}
const shown = []
let inFlight = 0, failed = 0, answered = 0

global.wx = {
  getStorageSync: (key) => stored[key] ?? "",
  setStorageSync: (key, value) => { stored[key] = value },
  getStorage: ({ key, complete }) => setTimeout(() => complete({ data: stored[key] }), 1),
  getSystemInfo: ({ success, complete }) => {
    const info = { brand: "Apple", model: "iPhone 15 Pro", screenWidth: 393, screenHeight: 852, platform: "ios", system: "iOS 17.5.1", version: "8.0.50", SDKVersion: "3.5.1" }
    setTimeout(() => { success && success(info); complete && complete(info) }, 1)
  },
  getNetworkType: ({ success }) => setTimeout(() => success({ networkType: "wifi" }), 1),
  onNetworkStatusChange: () => {},
  onAppShow: (callback) => shown.push(callback),
  onAppHide: () => {},
  getLaunchOptionsSync: () => ({ path: "pages/index/index", query: { utm_source: "wecom" }, scene: 1047 }),
  getAccountInfoSync: () => ({ miniProgram: { appId: "wx1234567890abcdef" } }),
  setNavigationBarTitle: () => {},
  // As WeChat has it: any answer is success, only a broken connection is not.
  request: ({ url, method, data, header, success, fail, complete }) => {
    inFlight++
    let settled = false
    const settle = (how, value) => {
      if (settled) return
      settled = true
      inFlight--
      how === "success" ? answered++ : failed++
      how === "success" ? success && success(value) : fail && fail(value)
      complete && complete(value)
    }
    const request = http.request(url, { method: method || "GET", headers: header, agent: false }, (response) => {
      response.on("data", () => {}).on("end", () => settle("success", { statusCode: response.statusCode }))
      response.on("aborted", () => settle("fail", { errMsg: "aborted" }))
    })
    request.on("error", (error) => settle("fail", { errMsg: String(error) }))
    request.end(method === "POST" ? data : undefined)
    return { abort: () => request.destroy() }
  },
}
global.App = () => {}
global.Page = () => {}
global.Component = () => {}
global.getCurrentPages = () => [{ route: "pages/index/index", options: {} }]
global.getApp = () => ({})

const sensors = require("sa-sdk-miniprogram")
sensors.setPara({ name: "sensors", server_url: `${url}/sa?project=default&token=${token}`, show_log: false, batch_send: { send_timeout: 300, max_length: 6 }, autoTrack: { appLaunch: true, appShow: true, appHide: true, pageShow: true, pageShare: true, mpClick: false } })
sensors.init()
shown.forEach((callback) => callback({ path: "pages/index/index", query: { utm_source: "wecom" }, scene: 1047 }))

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
  if ((left || inFlight) && Date.now() - began < 45000) return setTimeout(() => finish(began), 200)
  console.log(JSON.stringify({ left, answered, failed, device: sensors.store._state.identities.$identity_mp_id }))
  process.exit(left ? 1 : 0)
}
