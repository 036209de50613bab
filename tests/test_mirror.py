"""uv is told what pip is configured with."""

import pytest

from crm_project.runtime.mirror import exports


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ("", []),
        (
            "global.index-url='https://mirror.example/simple'",
            ["export UV_DEFAULT_INDEX=https://mirror.example/simple"],
        ),
        (
            ":env:.cert='/etc/ssl/my ca.pem'\nglobal.timeout='60'",
            ["export SSL_CERT_FILE='/etc/ssl/my ca.pem'"],
        ),
        (
            "global.extra-index-url='\\nhttps://a.example\\nhttps://b.example'",
            [
                "export UV_INDEX='https://a.example https://b.example'",
                "export UV_INDEX_STRATEGY=unsafe-best-match",
            ],
        ),
        ("install.find-links='/srv/wheels'", ["export UV_FIND_LINKS=/srv/wheels"]),
        (
            "global.index-url='x'; rm -rf /'",
            ["export UV_DEFAULT_INDEX=''\"'\"'x'\"'\"'; rm -rf /'\"'\"''"],
        ),
    ],
)
def test_settings_of_pip_become_those_of_uv(listed, said):
    assert exports(listed, {}) == said


def test_what_the_environment_says_stands():
    listed = "global.index-url='https://mirror.example/simple'"
    assert exports(listed, {"UV_DEFAULT_INDEX": "https://other.example"}) == []
