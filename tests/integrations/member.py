"""Somebody who has a mini-program open."""

import json

from django.test import Client


class Phone:
    """Their device: what it asks, and what it is answered."""

    def __init__(self, app, *, address="203.0.113.7"):
        self.app, self.http, self.address, self.token = app, Client(), address, ""

    def ask(self, method: str, path: str, data=None, *, token=None, **more):
        token = self.token if token is None else token
        headers = {"authorization": f"Bearer {token}"} if token else {}
        headers |= more.pop("headers", {})
        body = data if isinstance(data, bytes) else json.dumps(data or {}).encode()
        given = {} if method == "GET" else {"data": body, "content_type": "application/json"}
        return self.http.generic(
            method,
            f"/api/v1/{path}",
            headers=headers,
            REMOTE_ADDR=self.address,
            **{**given, **more},
        )

    def log_in(self, code: str, **more):
        answer = self.ask("POST", "session", {"app": self.app.account, "code": code, **more})
        if answer.status_code == 200:
            self.token = answer.json()["token"]
        return answer
