"""The files for production are what their readers understand, and say what the code needs."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from crm_project import celery, settings
from crm_project.hosts.admission import EXIT_CODE
from crm_project.runtime.home import BASE_DIR

DEPLOY = BASE_DIR / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
PARTS = {"hutong.service", "hutong-web.service", "hutong-worker.service", "hutong-beat.service"}
READ_ELSEWHERE = {"DEMO", "HUTONG_HOST", "PORT", "HUTONG_DATA"}  # not by the settings


class Unit(configparser.RawConfigParser):
    """systemd's files, whose keys may come again."""

    def __init__(self, path: Path):
        super().__init__(strict=False, delimiters=("=",), interpolation=None)
        self.optionxform = str
        self.read(path)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_is_understood(path, tmp_path):
    unit = Unit(path)
    assert unit["Unit"]["Description"]
    if path.name in PARTS:
        service = unit["Service"]
        assert service["RestartPreventExitStatus"] == str(EXIT_CODE)
        assert int(service["LimitNOFILE"]) >= 10_000
        assert {service["NoNewPrivileges"], service["PrivateTmp"]} == {"yes"}
        assert int(service["TimeoutStopSec"]) > 10


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here")
def test_systemd_finds_nothing_wrong(tmp_path):
    for path in UNITS:
        text = re.sub(r"(Exec\w+=)\S+", r"\g<1>/bin/true", path.read_text())
        (tmp_path / path.name).write_text(text.replace("User=hutong", "User=daemon"))
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
    )
    ours = [line for line in done.stderr.splitlines() if "hutong" in line]
    assert ours == []


def commands() -> dict[str, list[str]]:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    return {name: service["command"] for name, service in services.items() if "command" in service}


def test_parts_are_started_with_what_there_is():
    worker = commands()["worker"]
    assert set(worker[worker.index("-Q") + 1].split(",")) == set(celery.QUEUES)
    unit = Unit(DEPLOY / "systemd" / "hutong-worker.service")["Service"]["ExecStart"].split()
    assert unit[unit.index("-m") :] == worker
    for words in (commands()["web"], commands()["beat"]):
        assert (BASE_DIR / (words[1].replace(".", "/") + ".py")).exists() or words[1] == "celery"


def test_compose_names_what_it_mounts_and_waits_for():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services, volumes = compose["services"], compose["volumes"]
    for name, service in services.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in volumes or (DEPLOY / source).exists(), name
        assert set(service.get("depends_on", {})) <= set(services), name
        assert service.get("restart"), name
        if name != "prepare":
            assert service.get("mem_limit"), name
    total = sum(
        int(re.sub(r"\D", "", one["mem_limit"])) * (1024 if one["mem_limit"].endswith("g") else 1)
        for one in services.values()
        if "mem_limit" in one
    )
    assert total <= 3072
    web = " ".join(services["web"]["healthcheck"]["test"])
    assert "/livez" in web


def test_the_environment_holds_only_what_somebody_reads():
    names = re.findall(r"^#?([A-Z_]+)=", (DEPLOY / "hutong.env").read_text(), re.MULTILINE)
    read = Path(settings.__file__).read_text()
    assert [name for name in names if name not in READ_ELSEWHERE and f'"{name}"' not in read] == []


def blocks(text: str) -> dict:
    """A Caddyfile as nested dicts: directive with its words → what stands in its braces."""
    stack, found = [], {}
    here = found
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.endswith("{"):
            here[line[:-1].strip()] = inner = {}
            stack.append(here)
            here = inner
        elif line == "}":
            here = stack.pop()
        else:
            name, _space, rest = line.partition(" ")
            here[name if name not in here else line] = rest
    assert stack == [], "a brace is open"
    return found


def test_the_proxy_has_its_time_outs_and_limits_and_a_name_to_get_a_certificate_for():
    caddy = blocks((DEPLOY / "Caddyfile").read_text())
    assert set(caddy[""]["servers"]["timeouts"]) == {"read_header", "read_body", "write", "idle"}
    site = caddy[
        "{$HUTONG_DOMAIN}"
    ]  # a name without a scheme: Caddy gets and renews its certificate
    assert site["request_body"]["max_size"] == "64MB"
    proxy = site["reverse_proxy {$HUTONG_UPSTREAMS}"]
    assert proxy["health_uri"] == "/livez"
    assert proxy["header_up"] == "X-Forwarded-For {remote_host}"
    assert proxy["transport http"]["response_header_timeout"] == "60s"
