"""How Aliyun says yes and no.

Its gateway refuses with 4xx; the API itself answers 200 and says it in `Code`. The texts are those
of help.aliyun.com/document_detail/101346.html and, where it gives none, those seen in the wild.
"""

import uuid

from aiohttp import web

SAID = {
    "OK": "OK",
    "isv.MOBILE_NUMBER_ILLEGAL": "非法手机号",
    "isv.MOBILE_COUNT_OVER_LIMIT": "手机号码数量超过限制",
    "isv.SMS_SIGNATURE_ILLEGAL": "签名不合法(不存在或被拉黑)",
    "isv.SMS_TEMPLATE_ILLEGAL": "模板不合法(不存在或被拉黑)",
    "isv.SMS_SIGNATURE_SCENE_ILLEGAL": "签名和模板类型不一致",
    "isv.INVALID_JSON_PARAM": "JSON参数不合法，只接受字符串值",
    "isv.INVALID_PARAMETERS": "参数异常",
    "isv.TEMPLATE_MISSING_PARAMETERS": "模板缺少变量",
    "isv.TEMPLATE_PARAMS_ILLEGAL": "模板变量里包含非法关键字",
    "isv.PARAM_NOT_SUPPORT_URL": "不支持URL",
    "isv.PARAM_LENGTH_LIMIT": "参数超出长度限制",
    "isv.BLACK_KEY_CONTROL_LIMIT": "黑名单管控",
    "isv.CUSTOMER_REFUSED": "用户已退订推广短信",
    "isv.SMS_CONTENT_ILLEGAL": "短信内容包含禁止发送内容",
    "isv.AMOUNT_NOT_ENOUGH": "账户余额不足",
    "isv.DAY_LIMIT_CONTROL": "触发日发送限额",
}


class Refused(Exception):
    """Aliyun does not do it. `status` is 200 where the API, and not its gateway, refuses."""

    def __init__(self, code: str, said: str = "", status: int = 200):
        self.code, self.said, self.status = code, said or SAID[code], status
        super().__init__(code)

    def response(self, host: str) -> web.Response:
        if self.status == 200:
            return answer(self.code, said=self.said)
        more = {"HostId": host, "Recommend": f"https://api.aliyun.com/troubleshoot?q={self.code}"}
        return answer(self.code, said=self.said, status=self.status, **more)


def answer(code: str = "OK", *, said: str = "", status: int = 200, **more: object) -> web.Response:
    body = {"RequestId": str(uuid.uuid4()).upper(), "Message": said or SAID[code], "Code": code}
    return web.json_response(body | more, status=status)


def missing(name: str) -> Refused:
    return Refused(f"Missing{name}", f"{name} is mandatory for this action.", 400)
