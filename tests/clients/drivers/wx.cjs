// WeChat as far as these clients ask for it: `wx` and the mini-program's globals.
const http = require("http")
const stored = {}

global.wx = {
  shown: [], inFlight: 0, failed: 0, answered: 0, // what the tests look at
  getStorageSync: (key) => stored[key] ?? "",
  setStorageSync: (key, value) => { stored[key] = value },
  getStorage: ({ key, complete }) => setTimeout(() => complete({ data: stored[key] }), 1),
  getSystemInfo: ({ success, complete }) => {
    const info = { brand: "Apple", model: "iPhone 15 Pro", screenWidth: 393, screenHeight: 852, platform: "ios", system: "iOS 17.5.1", version: "8.0.50", SDKVersion: "3.5.1" }
    setTimeout(() => { success && success(info); complete && complete(info) }, 1)
  },
  getNetworkType: ({ success }) => setTimeout(() => success({ networkType: "wifi" }), 1),
  onNetworkStatusChange: () => {},
  onAppShow: (callback) => wx.shown.push(callback),
  onAppHide: () => {},
  getLaunchOptionsSync: () => ({ path: "pages/index/index", query: { utm_source: "wecom" }, scene: 1047 }),
  getAccountInfoSync: () => ({ miniProgram: { appId: "wx1234567890abcdef" } }),
  setNavigationBarTitle: () => {},
  // As WeChat has it: any answer is success, only a broken connection is not.
  request: ({ url, method, data, header, success, fail, complete }) => {
    wx.inFlight++
    let settled = false
    const settle = (how, value) => {
      if (settled) return
      settled = true
      wx.inFlight--
      how === "success" ? wx.answered++ : wx.failed++
      how === "success" ? success && success(value) : fail && fail(value)
      complete && complete(value)
    }
    const request = http.request(url, { method: method || "GET", headers: header, agent: false }, (response) => {
      response.on("data", () => {}).on("end", () => settle("success", { statusCode: response.statusCode }))
      response.on("aborted", () => settle("fail", { errMsg: "aborted" }))
    })
    request.on("error", (error) => settle("fail", { errMsg: String(error) }))
    request.end(method !== "POST" ? undefined : typeof data === "string" ? data : JSON.stringify(data))
    return { abort: () => request.destroy() }
  },
}
global.App = () => {}
global.Page = () => {}
global.Component = () => {}
global.getCurrentPages = () => [{ route: "pages/index/index", options: {} }]
global.getApp = () => ({})
