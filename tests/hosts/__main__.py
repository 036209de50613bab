"""The short form for CI: what takes seconds once the hosts run; where the machine cannot play
several hosts, that is said."""

import subprocess
import sys

from tests.hosts.cluster import why_not

SHORT = "health or one_id or lone_web or other_keys or worker_host_is_killed"


def main() -> int:
    if reason := why_not():
        sys.stdout.write(f"several hosts: not run, {reason}\n")
        return 0
    words = ["-q", "-s", "-m", "proof", "-p", "no:cacheprovider", "-k", SHORT, "tests/hosts"]
    return subprocess.run([sys.executable, "-m", "pytest", *words]).returncode


if __name__ == "__main__":
    sys.exit(main())
