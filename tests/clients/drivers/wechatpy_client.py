"""wechatpy's client with another base URL: a day of a mini-program's server, told as JSON."""

import json
import sys

from wechatpy import WeChatClient, WeChatClientException
from wechatpy.utils import check_signature

url, appid, secret, code, phone_code, openid, template, checked = sys.argv[1:]
url += "/"


class Client(WeChatClient):
    """Its address of the token is written into the method, not taken from the base URL."""

    API_BASE_URL = f"{url}cgi-bin/"
    fetched = 0

    def fetch_access_token(self):
        Client.fetched += 1
        asked = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret}
        return self._fetch_access_token(f"{url}cgi-bin/token", asked)


def refused(call, *words) -> int | None:
    try:
        call(*words)
    except WeChatClientException as error:
        return error.errcode


client = Client(appid, secret)
client.wxa.API_BASE_URL = url
values = {
    "thing1": {"value": "少儿绘画 🎨"},
    "number2": {"value": "3"},
    "name3": {"value": "王小明"},
}
message = (openid, template, values, "pages/index/index?from=wechatpy")
phone = f"{url}wxa/business/getuserphonenumber"

said = {
    "token": client.access_token,
    "session": client.wxa.code_to_session(code),
    "same code": refused(client.wxa.code_to_session, code),
    "phone": client.post(phone, data={"code": phone_code}),
    "templates": client.get(f"{url}wxaapi/newtmpl/gettemplate")["data"],
    "sent": client.wxa.send_subscribe_message(*message),
    "sent again": refused(client.wxa.send_subscribe_message, *message),
    "stranger": refused(Client("wx0000000000000000", secret).fetch_access_token),
    "picture": client.wxa.get_wxa_code_unlimited("a=1").content[:4].hex(),
}
# A token that has ended is replaced, and the call made once more.
client.session.set(client.access_token_key, "91_ended")
said["after an end"] = len(client.get(f"{url}wxaapi/newtmpl/gettemplate")["data"])
said["fetched"] = Client.fetched
check_signature(**json.loads(checked))  # raises if it is not the platform's
print(json.dumps(said))
