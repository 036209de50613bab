"""Log-ins by WeChat's code, against the same server answering an empty 204, in turns; the stand-in
of the platform runs on the same machine, so that its share of the time is in the figure."""

import os

from benchmarks.cpu import Meter
from benchmarks.environment import web
from benchmarks.inside import median, percentile, report, scaled
from benchmarks.posts import all_stored, poured, request
from benchmarks.shop import a_source
from customers.models import Connection

ROUNDS = 3


def main() -> None:
    from demo.vendors.wechat import WeChatApart

    count, source = scaled(2_000), a_source()
    found = {"logins": [], "null": [], "p99_ms": [], "logins_cpu_ms": [], "null_cpu_ms": []}
    with WeChatApart() as platform:
        connected(platform, source.namespace)
        os.environ["HUTONG_OUTBOUND_HOSTS"] = platform.url.removeprefix("http://")
        with web() as (url, pid):
            for name, status in [("null", 204), ("logins", 200)] * (ROUNDS + 1):
                path = "/null" if name == "null" else "/api/v1/session"
                bodies = [body_of(name, platform) for _n in range(count)]
                requests = [request(url + path, source.key, source.secret, body) for body in bodies]
                with Meter(pid, int(os.environ["BENCH_POSTGRES_PID"])) as spent:
                    seconds, took, statuses = poured(url, requests)
                assert all_stored(statuses, status), statuses
                found[name].append(count / seconds)
                found[f"{name}_cpu_ms"].append(spent.seconds / count * 1000)
                if name == "logins":
                    found["p99_ms"].append(percentile(took, 0.99) * 1000)
    warm = {name: values[1:] for name, values in found.items()}
    report(
        "log-ins",
        median(warm["logins"]),
        median(warm["null"]),
        budget=0.10,
        at_most=False,
        unit="requests/s",
        **warm,
    )


def connected(platform, namespace) -> None:
    row = Connection(
        vendor="wechat",
        namespace=namespace,
        name="bench",
        account=platform.appid,
        base_url=platform.url,
    )
    row.settings = {"app_id": platform.appid, "secret": platform.secret}
    row.save()


def body_of(name: str, platform) -> dict:
    """Each log-in is another person's, who was never here."""
    if name == "null":
        return {}
    return {"app": platform.appid, "code": platform.person().login()["code"]}


if __name__ == "__main__":
    main()
