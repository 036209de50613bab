"""Production says what is missing, in one sentence, instead of guessing."""

import base64
import os
import subprocess
import sys

import pytest

from crm_project.runtime import home

KEY = base64.b64encode(b"k" * 32).decode()
PRODUCTION = {
    "SECRET_KEY": "x" * 60,
    "HUTONG_ENCRYPTION_KEYS": f"1:{KEY}",
    "HUTONG_HASH_KEY": KEY,
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "BROKER_URL": "amqp://127.0.0.1:1//",
    "CACHE_URL": "redis://127.0.0.1:1/1",
    "ALLOWED_HOSTS": "crm.example.com",
}


def settings_with(tmp_path, **environment):
    """What a process with just this environment makes of the settings."""
    base = {
        "PATH": os.environ["PATH"],
        "HUTONG_DATA": str(tmp_path / "nothing"),
        "DJANGO_SETTINGS_MODULE": "crm_project.settings",
    }
    code = (
        "from crm_project import settings as s; print(s.SESSION_COOKIE_SECURE,"
        " list(s.ENCRYPTION_KEYS), s.CACHES['default']['BACKEND'])"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=home.BASE_DIR,
        env={**base, **environment},
        capture_output=True,
        text=True,
    )


def test_a_complete_environment_is_secure_by_default(tmp_path):
    done = settings_with(tmp_path, **PRODUCTION)
    assert done.stdout.split() == [
        "True",
        "['1']",
        "django.core.cache.backends.redis.RedisCache",
    ], done.stderr


def test_rabbitmq_without_a_common_cache_is_refused(tmp_path):
    done = settings_with(
        tmp_path, **{key: value for key, value in PRODUCTION.items() if key != "CACHE_URL"}
    )
    assert done.returncode != 0
    assert "CACHE_URL is not set: RabbitMQ is no cache" in done.stderr


@pytest.mark.parametrize(
    "name",
    ["SECRET_KEY", "HUTONG_ENCRYPTION_KEYS", "HUTONG_HASH_KEY", "DATABASE_URL", "BROKER_URL"],
)
def test_a_missing_variable_is_named(tmp_path, name):
    done = settings_with(
        tmp_path, **{key: value for key, value in PRODUCTION.items() if key != name}
    )
    assert done.returncode != 0
    assert f"{name} is not set" in done.stderr


def test_a_short_key_is_refused(tmp_path):
    done = settings_with(tmp_path, **PRODUCTION | {"HUTONG_ENCRYPTION_KEYS": "1:c2hvcnQ="})
    assert "must be 32 random bytes" in done.stderr


@pytest.mark.parametrize(
    "number",
    ["", "0", "256", "-1", "01", "+1", " 1 1", "1_0", "１", "٣", "a", "1000000000000", "\u200b1"],
)
def test_an_id_that_cannot_stand_in_a_sealed_value_is_refused_at_the_start(tmp_path, number):
    done = settings_with(
        tmp_path, **PRODUCTION | {"HUTONG_ENCRYPTION_KEYS": f"1:{KEY},{number}:{KEY}"}
    )
    assert (
        "the id of key 2 of the list is none: ids are 1 to 255 in plain digits."
        in done.stderr.splitlines()[-1]
    )


def test_a_key_in_the_place_of_its_id_is_not_shown(tmp_path):
    done = settings_with(tmp_path, **PRODUCTION | {"HUTONG_ENCRYPTION_KEYS": f"{KEY}:1"})
    assert "the id of key 1 of the list is none" in done.stderr
    assert KEY not in done.stderr


def test_two_keys_of_one_id_are_refused(tmp_path):
    done = settings_with(
        tmp_path, **PRODUCTION | {"HUTONG_ENCRYPTION_KEYS": f"1:{KEY},2:{KEY},1:{KEY}"}
    )
    assert "two keys have the id 1" in done.stderr
