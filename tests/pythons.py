"""`make proof PART=pythons`: the whole test suite under every other supported Python that this
machine has."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests import proofs

ROOT = Path(__file__).resolve().parent.parent
VERSIONS = ("3.12", "3.13")


def find(version: str) -> str | None:
    """An interpreter of this version, from the PATH, pyenv or uv."""
    candidates = [shutil.which(f"python{version}")]
    if shutil.which("pyenv"):
        root = subprocess.run(["pyenv", "root"], capture_output=True, text=True).stdout.strip()
        candidates += sorted(
            str(path) for path in Path(root).glob(f"versions/{version}.*/bin/python{version}")
        )
    found = subprocess.run(
        [sys.executable, "-m", "uv", "python", "find", "--no-python-downloads", version],
        capture_output=True,
        text=True,
    )
    candidates.append(found.stdout.strip())
    for path in candidates:
        if path and _answers(path, version):
            return path
    return None


def _answers(path: str, version: str) -> bool:
    """A shim may stand on the PATH without a Python behind it."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    return (
        subprocess.run([path, "-c", code], capture_output=True, text=True).stdout.strip() == version
    )


def main() -> int:
    began, results = time.monotonic(), {}
    for version in VERSIONS:
        python = find(version)
        if python is None:
            results[version] = "absent on this machine"
            continue
        print(f"== Python {version}", flush=True)
        environment = {**os.environ, "MAKEFLAGS": "", "VIRTUAL_ENV": ""}
        command = [
            "make",
            "test",
            f"PYTHON={python}",
            f"VENV=.venvs/{version}",
            "ARGS=" + " ".join(sys.argv[1:]),
        ]
        results[version] = (
            "passed"
            if subprocess.run(command, cwd=ROOT, env=environment).returncode == 0
            else "FAILED"
        )
    if set(results.values()) - {"absent on this machine"}:
        proofs.note("pythons", "FAILED" not in results.values(), time.monotonic() - began)
    for version, result in results.items():
        print(f"Python {version}: {result}")
    return 1 if "FAILED" in results.values() else 0


if __name__ == "__main__":
    sys.exit(main())
