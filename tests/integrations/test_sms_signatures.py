"""Signatures: the vendors' published examples, and the sentences of their codes."""

import hashlib
import json
from pathlib import Path

import pytest
from django.utils import translation

from demo.vendors.aliyun_sms import answers as of_aliyun
from demo.vendors.aliyun_sms.sending import WHY
from demo.vendors.tencent_sms import answers as of_tencent
from integrations.aliyun_sms import signing as aliyun
from integrations.aliyun_sms.codes import CODES as ALIYUN
from integrations.sms import codes
from integrations.tencent_sms import signing as tencent
from integrations.tencent_sms.codes import CODES as TENCENT

ECS = {
    "host": "ecs.cn-shanghai.aliyuncs.com",
    "x-acs-action": "RunInstances",
    "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
    "x-acs-date": "2023-10-26T10:22:32Z",
    "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
    "x-acs-version": "2014-05-26",
}
QUERY = "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai"


def test_aliyuns_published_example():
    said = aliyun.authorization("YourAccessKeyId", "YourAccessKeySecret", "POST", "/", QUERY, ECS)

    assert said.endswith(
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )
    assert said.startswith("ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-")


def test_tencents_published_example():
    body = (
        b'{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}'
    )
    signed = {
        "content-type": "application/json; charset=utf-8",
        "host": "cvm.tencentcloudapi.com",
        "x-tc-action": "DescribeInstances",
    }
    request = tencent.canonical("POST", "/", "", signed, body)

    assert hashlib.sha256(request.encode()).hexdigest() == (
        "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84"
    )
    assert tencent.signature("*" * 32, 1551113065, "cvm", request) == (
        "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"
    )


REFERENCE = [
    (one["vendor"], code)
    for one in json.loads((Path(__file__).parents[1] / "vectors/sms_codes.json").read_text())
    for code in one["codes"]
]
REFERENCE += [("aliyun_sms", code) for code in sorted({*of_aliyun.SAID, *WHY.values()} - {"OK"})]
REFERENCE += [("tencent_sms", code) for code in sorted(set(of_tencent.SAID) - {"Ok"})]
KNOWN = {"aliyun_sms": ALIYUN, "tencent_sms": TENCENT}
# The vendors themselves say no more than that something failed.
SAY_NOTHING = {"FailedOperation", "FailedOperation.OtherError", "REQUEST_SUCCESS"}


@pytest.mark.parametrize(("vendor", "code"), sorted(set(REFERENCE)))
def test_every_code_of_the_reference_has_a_sentence_in_both_languages(vendor, code):
    meaning = codes.meaning(KNOWN[vendor], code)

    assert (meaning.words == "other") == (code in SAY_NOTHING)
    with translation.override("zh-hans"):
        chinese = meaning.sentence
    with translation.override("en"):
        assert meaning.sentence != chinese


def test_words_in_a_value_are_not_held_against_the_number():
    assert codes.meaning(ALIYUN, "isv.BLACK_KEY_CONTROL_LIMIT").what == codes.TEXT


def test_every_sentence_that_a_code_names_is_there():
    for known in (ALIYUN, TENCENT):
        assert {meaning.words for meaning in known.values()} <= set(codes.WORDS)
