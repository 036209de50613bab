"""What pip is configured with (a mirror, a certificate, folders of wheels), as uv wants to hear it:
lines of `export` for the shell. The Makefile hands it what `pip config list` says."""

import ast
import os
import shlex
import sys

# pip's name of a setting, uv's variable, what joins several values
NAMES = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "cert": ("SSL_CERT_FILE", " "),
}


def exports(listed: str, environment: dict[str, str]) -> list[str]:
    """The lines for what `pip config list` says; what the environment says already stands."""
    found = {}
    for line in listed.splitlines():
        key, _equals, value = line.partition("=")
        place, _dot, name = key.partition(".")
        if name in NAMES and place in {"global", "install", ":env:", "site", "user"}:
            found[name] = text(value)
    for name, (variable, joint) in NAMES.items():
        if name in found and not environment.get(variable):
            value = joint.join(found[name].split())
            found[name] = f"export {variable}={shlex.quote(value)}"
        else:
            found.pop(name, None)
    if "extra-index-url" in found and not environment.get("UV_INDEX_STRATEGY"):
        # pip looks at all indexes alike, uv would stop at the first that knows the package; what
        # may be installed is pinned by its hashes.
        found["strategy"] = "export UV_INDEX_STRATEGY=unsafe-best-match"
    return list(found.values())


def text(value: str) -> str:
    try:
        return str(ast.literal_eval(value))
    except (ValueError, SyntaxError):
        return value


def main() -> None:
    for line in exports(sys.stdin.read(), dict(os.environ)):
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
