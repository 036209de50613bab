"""One call, as the doors see it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from demo.vendors.wechat import crypto
from demo.vendors.wechat.errors import Refused
from demo.vendors.wechat.platform import App, Platform
from demo.vendors.wechat.tokens import FORM


@dataclass
class Asked:
    platform: Platform
    path: str
    query: Mapping[str, str]
    address: str  # whom it comes from
    body: dict = field(default_factory=dict)
    app: App | None = None

    def read(self, raw: bytes) -> None:
        try:
            self.body = json.loads(raw)
        except ValueError as error:
            raise Refused(47001) from error
        if not isinstance(self.body, dict):
            raise Refused(47001)

    def app_by_secret(self, given: Mapping, grant_type: str = "client_credential") -> App:
        """The app that the call proves to be from; its quota counts the call."""
        if given.get("grant_type") != grant_type:
            raise Refused(40002)
        appid, secret = given.get("appid"), given.get("secret")
        if not appid:
            raise Refused(41002)
        if not secret:
            raise Refused(41004)
        app = self.platform.apps.get(str(appid))
        if app is None:
            raise Refused(40013)
        is_for_token = grant_type == "client_credential"
        if is_for_token and app.addresses is not None and self.address not in app.addresses:
            raise Refused(40164, f"{self.address} ipv6 ::ffff:{self.address}")
        if app.is_frozen:
            raise Refused(40243)
        if not crypto.same(app.secret, str(secret)):
            raise Refused(40125)
        if is_for_token and app.confirmation:
            raise Refused(app.confirmation)
        self.belongs_to(app)
        return app

    def app_by_token(self) -> None:
        token = self.query.get("access_token")
        if not token:
            raise Refused(41001)
        if not FORM.fullmatch(token):
            raise Refused(40014)
        app = self.platform.app_of_token(token)
        if app is None:
            raise Refused(40001)
        app.tokens.check(token)
        self.belongs_to(app)

    def belongs_to(self, app: App) -> None:
        self.app = app
        self.platform.quotas.count(app.appid, self.path, takes_payments=app.takes_payments)
