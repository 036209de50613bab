"""Codes of the gateway. Those below 2000 come with 401, all others with 200."""

SAID = {
    0: "成功",
    1001: "签名错误",
    1002: "账号不存在",
    1003: "时间戳与服务器相差超过五分钟",
    1004: "请求重复",
    2000: "参数错误",
    2001: "手机号码错误",
    2002: "号码在黑名单或已退订",
    2003: "发送过于频繁",
    2004: "号码过多",
    2009: "通道繁忙",
    3001: "内容未以报备的签名开头",
    3002: "内容含禁发词",
    3003: "内容过长",
    3004: "营销短信结尾须有一次退订方式",
    3005: "营销短信只允许在8点到22点发送",
    3006: "通知短信不得含退订方式",
    4001: "余额不足",
    4002: "超过日限额",
    9001: "请求过于频繁",
}


class Refused(Exception):
    def __init__(self, code: int):
        self.code = code
        super().__init__(SAID.get(code, "其他错误"))

    @property
    def status(self) -> int:
        return 401 if self.code < 2000 else 200
