SEND = "/cgi-bin/message/subscribe/send"


class Sender:
    """The app's server, which sends to one person."""

    def __init__(self, wechat):
        self.wechat, self.person = wechat, wechat.person()
        self.openid = self.person.openid
        self.running_out = wechat.template("课时不足提醒")  # one-time
        self.lesson = wechat.template("上课提醒")  # long-term
        self.policy = wechat.template("保单到期提醒")  # long-term, once a month for each number

    @property
    def token(self) -> str:
        return self.wechat.token()

    def told(self, template: str, data: dict, **other) -> dict:
        values = {key: {"value": value} for key, value in data.items()}
        body = {"touser": self.openid, "template_id": template, "data": values, **other}
        return self.wechat.post(SEND, body, access_token=self.token)

    def sends(self, template: str, data: dict, **other) -> int:
        return self.told(template, data, **other)["errcode"]

    def post(self, path: str, /, **body) -> dict:
        return self.wechat.post(path, body, access_token=self.token)

    def get(self, path: str, /, **query) -> dict:
        return self.wechat.get(path, access_token=self.token, **query)
