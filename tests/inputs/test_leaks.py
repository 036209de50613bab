"""200 canaries through every door and every way to fail, against the running product: none is in
its output or on an error page."""

import base64
import gzip
import itertools
import json
import random
import re
import time

import httpx
import psycopg
import pytest

from integrations.doors import signatures
from tests.inputs.strategies import AT, READS, VALID
from tests.product import Product, eventually

pytestmark = pytest.mark.proof

KINDS = ("phone", "email", "name", "member", "code", "secret", "key", "text")
EACH = 25
# Rules that fail with the values in their message, as a mistake of ours would.
SABOTAGE = """
CREATE FUNCTION betray() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.properties::text LIKE '%sabotage%' THEN RAISE EXCEPTION 'cannot store %',
    NEW.properties USING ERRCODE = 'P0001'; END IF;
  IF NEW.properties::text LIKE '%impossible%' THEN RAISE EXCEPTION 'broken by %',
    NEW USING ERRCODE = '23514'; END IF;
  IF NEW.properties::text LIKE '%unfitting%' THEN RAISE EXCEPTION 'no value: %',
    NEW USING ERRCODE = '22000'; END IF;
  IF NEW.properties::text LIKE '%occupied%' THEN RAISE EXCEPTION 'not now: %',
    NEW USING ERRCODE = '55P03'; END IF;
  RETURN NEW; END $$;
CREATE TRIGGER betray BEFORE INSERT ON events_event FOR EACH ROW EXECUTE FUNCTION betray();
"""


def canaries() -> dict[str, list[str]]:
    """200 values that stand nowhere else."""
    dice = random.Random(20261123)
    word = lambda letters, n: "".join(dice.choice(letters) for _ in range(n))  # noqa: E731
    make = {
        "phone": lambda: "139" + word("0123456789", 8),
        "email": lambda: word("bcdfghjkmnpq", 10) + "@canary.example",
        "name": lambda: word("赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", 2) + word("煊昱珩瑾璟昀晗曦", 3),
        "member": lambda: "m" + word("0123456789abcdef", 12),
        "code": lambda: word("23456789ABCDEFGHJKMNPQRSTVWXYZ", 12),
        "secret": lambda: "whsec_" + word("abcdefghijklmnopqrstuvwxyz0123456789", 30),
        "key": lambda: "canary_" + word("abcdefghijklmnopqrstuvwxyz", 14),
        "text": lambda: "canary-" + word("abcdefghijklmnopqrstuvwxyz", 14),
    }
    return {kind: [make[kind]() for _ in range(EACH)] for kind in KINDS}


class Caller:
    """Somebody with all keys of a running product, and the answers he got."""

    def __init__(self, product, values):
        self.product, self.http = product, httpx.Client(base_url=product.url, timeout=30)
        self.sources = {
            (kind, trust): json.loads(
                product.manage("source", f"{kind} {trust}", "--format", kind, "--trust", trust)
            )
            for kind in ("native", "segment", "sensors")
            for trust in ("server", "client")
        }
        self.next = {kind: itertools.cycle(values[kind]) for kind in KINDS}
        self.answers, self.cut = [], 0

    def one(self, kind: str) -> str:
        return next(self.next[kind])

    def keep(self, sent: str, answer) -> None:
        self.answers.append((sent, answer))

    def post(self, path: str, body: bytes, trust="server", **headers):
        kind = (
            "native"
            if path.startswith("api/")
            else "segment"
            if path.startswith("v1/")
            else "sensors"
        )
        source = self.sources[kind, trust]
        key = source["read_token"] if trust == "server" and kind != "native" else source["key"]
        signed = {
            "authorization": f"Bearer {key}",
            "content-type": "application/json",
            "webhook-id": "m1",
        }
        if kind == "native" and trust == "server":
            now = int(time.time())
            signed |= {
                "webhook-timestamp": str(now),
                "webhook-signature": signatures.sign(source["secret"], "m1", now, body),
            }
        query = f"?project=default&token={key}" if kind == "sensors" else f"?q={self.one('member')}"
        sent = {**signed, **{name.replace("_", "-"): value for name, value in headers.items()}}
        try:
            answer = self.http.post(
                f"/{path}{query}", content=body, headers={n: v.encode() for n, v in sent.items()}
            )
        except httpx.TransportError:  # a body that is too large is not read to its end, or nothing could be kept and no answer is promised  # noqa: E501
            self.cut += 1
        else:
            self.keep(path, answer)

    def hidden(self, value):
        """The same body with a canary wherever something may stand."""
        text = (
            json.dumps(value)
            .replace(AT, "@AT@")
            .replace("10086", self.one("member"))
            .replace("13812345678", self.one("phone"))
        )
        return json.loads(text.replace("@AT@", AT))

    def bad_bodies(self, path: str):
        """Each way of being wrong, with canaries inside."""
        valid = self.hidden(VALID[path])
        first = (
            valid[0]
            if isinstance(valid, list)
            else valid["batch"][0]
            if "batch" in valid
            else valid
        )
        personal = {
            self.one("key"): self.one("text"),
            "phone": self.one("phone"),
            "email": self.one("email"),
            "name": self.one("name"),
        }

        def shaped(item):
            return (
                [item]
                if isinstance(valid, list)
                else {"batch": [item]}
                if "batch" in valid
                else item
            )

        yield shaped(first)
        yield shaped({**first, "properties": personal, "traits": personal})
        yield shaped(
            {
                **first,
                "identities": {
                    "member_id": self.one("member"),
                    "phone": self.one("phone")[:6],
                    "email": self.one("name"),
                },
            }
        )
        yield shaped({**first, self.one("key"): self.one("secret")})
        yield shaped(
            {
                **first,
                "status": self.one("text"),
                "channel": self.one("text"),
                "type": self.one("text"),
                "code": self.one("code"),
            }
        )
        yield shaped(
            {
                **first,
                "occurred_at": self.one("text"),
                "timestamp": self.one("text"),
                "time": self.one("text"),
            }
        )
        yield shaped(
            {
                **first,
                "properties": {
                    self.one("key"): "\x00" + self.one("name"),
                    self.one("phone"): 10**30,
                },
            }
        )
        yield shaped({**first, "id": self.one("member"), "messageId": self.one("member")})
        yield shaped(
            {**first, "id": self.one("member") + "x" * 200, "event": self.one("name") * 60}
        )
        for trap in ("sabotage", "impossible", "unfitting", "occupied"):
            yield shaped(
                {**first, "id": trap + self.one("member"), "properties": {trap: True, **personal}}
            )
        yield self.one("text")

    def speak(self, path: str) -> None:
        for value in self.bad_bodies(path):
            spelled = json.dumps(value, ensure_ascii=False).encode()
            framed = (
                b"data_list=" + base64.b64encode(spelled).replace(b"+", b"%2B")
                if "sa" in path or path == "debug"
                else spelled
            )
            self.post(path, framed, trust="server")
            self.post(path, framed, trust="client")
            self.post(path, framed[: len(framed) * 2 // 3])
            self.post(path, gzip.compress(spelled)[:-9], content_encoding="gzip")
        self.post(
            path, self.one("name").encode("gbk"), content_type="text/plain; x=" + self.one("text")
        )
        self.post(
            path,
            b"{}",
            webhook_signature="v1," + self.one("secret"),
            user_agent=self.one("text"),
            referer="http://x/" + self.one("key"),
        )
        self.post(
            path,
            b"{}",
            authorization="Bearer " + self.one("secret"),
            cookie="sessionid=" + self.one("secret"),
        )
        self.post(path, b"{}", host=self.one("text") + ".example")
        self.post(path, b"x" * 600_000 + self.one("secret").encode())

    def ask(self) -> None:
        token = self.sources["native", "server"]["read_token"]
        for path in READS:
            for name in (
                "customer",
                "member_id",
                "phone",
                "email",
                "openid",
                "state",
                "batch",
                "cursor",
                "paid_after",
                self.one("key"),
            ):
                for value in (
                    self.one("phone"),
                    self.one("email"),
                    self.one("text"),
                    self.one("name"),
                    "\x00" + self.one("member"),
                ):
                    for bearer in (token, self.one("secret")):
                        query = {name: value, "app_id": self.one("member")}
                        self.keep(
                            path,
                            self.http.get(
                                f"/{path}",
                                params=query,
                                headers={"authorization": f"Bearer {bearer}"},
                            ),
                        )

    def wander(self) -> None:
        """Addresses that are none, the admin's door, methods that are not heard."""
        for address in (
            "/nowhere/{}",
            "/admin/{}",
            "/api/v1/customers/{}",
            "/admin/login/?next={}",
            "/i18n/setlang/?x={}",
            "/static/{}",
            "/%00{}",
        ):
            for kind in ("phone", "name", "secret", "email"):
                self.keep("lost", self.http.get(address.format(self.one(kind))))
                self.keep(
                    "lost", self.http.put(address.format(self.one(kind)), content=self.one("phone"))
                )
        for path in VALID:
            self.keep(
                path, self.http.put(f"/{path}?q={self.one('phone')}", content=self.one("email"))
            )
        form = {"username": self.one("email"), "password": self.one("secret")}
        self.keep("login", self.http.post("/admin/login/", data=form))
        page = self.http.get("/admin/login/")
        form["csrfmiddlewaretoken"] = re.search(r'csrfmiddlewaretoken" value="([^"]+)', page.text)[
            1
        ]
        self.http.post("/admin/login/", data=form, headers={"referer": self.product.url})


def found(values, text: str) -> list[str]:
    return [
        value
        for kind in KINDS
        for value in values[kind]
        if value in text or json.dumps(value)[1:-1] in text
    ]


def told(answer) -> str:
    """An answer but for what the contract says is repeated to the sender: his own id and the name
    of his own field."""
    if "json" not in answer.headers.get("content-type", ""):
        return answer.text
    said = answer.json()
    complaints = (
        [said, *said.get("rejected", []), *said.get("items", [])] if isinstance(said, dict) else []
    )
    for one in complaints:
        if isinstance(one, dict):
            for name in ("id", "path"):
                one.pop(name, None)
    return json.dumps(said, ensure_ascii=False)


def test_no_canary_leaves_the_product():
    values = canaries()
    assert sum(map(len, values.values())) == 200
    with Product(demo=False) as product:
        product.start()
        caller = Caller(product, values)
        with psycopg.connect(
            json.loads((product.data / "run" / "servers.json").read_text())["DATABASE_URL"],
            autocommit=True,
        ) as database:
            database.execute(SABOTAGE)
            for path in VALID:
                caller.speak(path)
            caller.ask()
            caller.wander()
            eventually(lambda: not list((product.data / "spool").glob("*.request")), seconds=20)
            database.execute("ALTER TABLE customers_identity RENAME TO gone")
            for path in VALID:
                caller.speak(path)
        time.sleep(3)
        output = "\n".join(product.lines)

    statuses = sorted({answer.status_code for _path, answer in caller.answers})
    failed = [(path, answer) for path, answer in caller.answers if answer.status_code >= 400]
    pages = [
        answer for _path, answer in failed if "text/html" in answer.headers.get("content-type", "")
    ]
    print(
        f"\n{len(caller.answers)} requests, {caller.cut} cut, statuses {statuses}, {len(pages)}"
        f" error pages, {len(output.splitlines())} lines of output"
    )
    lines = [line for line in output.splitlines() if found(values, line)]
    assert lines == [], f"{len(lines)} lines, the first: {lines[:3]}"
    assert "P0001" in output
    assert {400, 401, 403, 404, 405, 413, 415, 422, 500, 503} <= set(statuses)
    for path, answer in failed:
        leaked = found(values, told(answer))
        assert not leaked, f"{path} {answer.status_code}: {leaked} in {answer.text[:500]}"
