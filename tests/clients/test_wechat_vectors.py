"""What others have published of message push, understood and made alike by our stand-in of WeChat.

The files are third parties' and not ours to hand on: they are read in ../shared/vectors, or in the
folder that VECTORS names.
"""

import json
import os
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from crm_project.runtime import home
from demo.vendors.wechat import WeChat, crypto, events

FOLDER = Path(os.environ.get("VECTORS") or home.BASE_DIR.parent / "shared" / "vectors")
pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(
        not FOLDER.is_dir(), reason="../shared/vectors is absent, and VECTORS names no other folder"
    ),
]

BESIDE = {"BusinessId"}  # comes from accounts with sub-merchants only
OTHERS = {
    # Of the shop, and nothing that concerns a customer.
    *("channels_ec_brand", "channels_ec_complaint_update", "channels_ec_guarantee_update"),
    *("channels_ec_present_aftersale_update", "head_supplier_item_update"),
    *("product_category_audit", "product_spu_audit", "product_spu_listing"),
}


def vectors() -> dict[str, dict]:
    published = json.loads((FOLDER / "vectors_wechat_push_crypto.json").read_text())
    return {one["name"]: one for one in published}


def signed(vector: dict, encrypted: str = "") -> str:
    query = vector["query"]
    parts = [vector["token"], query["timestamp"], query["nonce"], encrypted]
    return crypto.signature(*filter(None, parts))


def crypto_of(vector: dict) -> crypto.PushCrypto:
    receiver = next(vector[name] for name in ("appid", "receive_id", "corp_id") if name in vector)
    return crypto.PushCrypto(vector["encoding_aes_key"], receiver)


def encrypted_in(vector: dict) -> str:
    if "body_xml" in vector:
        return ET.fromstring(vector["body_xml"]).findtext("Encrypt")
    return vector["encrypt"] if "encrypt" in vector else vector["body"]["Encrypt"]


def test_there_are_eleven():
    assert len(vectors()) == 11


@pytest.mark.parametrize("name", ["mp_push_url_verify", "mp_push_plain_json"])
def test_time_and_nonce_are_signed(name):
    vector = vectors()[name]
    assert signed(vector) == vector["query"]["signature"]


MESSAGES = ["mp_push_aes_json", "wxbizmsgcrypt_xml_demo", "wecom_decrypt_message"]


@pytest.mark.parametrize("name", MESSAGES)
def test_messages_are_signed_and_open(name):
    vector = vectors()[name]
    encrypted = encrypted_in(vector)
    assert signed(vector, encrypted) == vector["query"]["msg_signature"]
    assert crypto_of(vector).decrypt(encrypted).decode() == vector["expect_plaintext"]


def test_a_message_is_made_alike():
    vector = vectors()["mp_push_aes_json"]
    plain, random16 = vector["expect_plaintext"].encode(), vector["random16"].encode()
    assert crypto_of(vector).encrypt(plain, random16) == vector["body"]["Encrypt"]


def test_a_signature_alone():
    vector = vectors()["wxbizmsgcrypt_signature_only"]
    assert signed(vector, vector["encrypt"]) == vector["query"]["msg_signature"]


def test_an_encrypted_echostr_opens_and_another_nonce_does_not_fit():
    vector = vectors()["wecom_url_verify_echostr"]
    query = vector["query"]
    assert signed(vector, query["echostr"]) == query["msg_signature"]
    assert crypto_of(vector).decrypt(query["echostr"]).decode() == vector["expect_response_body"]
    bad = {**vector, "query": {**query, **vector["bad"]}}
    assert signed(bad, query["echostr"]) != query["msg_signature"]


def test_answers_are_made_alike():
    ours, theirs = vectors()["mp_push_aes_json_reply"], vectors()["wecom_encrypt_reply"]
    expected = ours["expect"]
    told = [(ours, expected["Encrypt"], expected["MsgSignature"])]
    told += [(theirs, theirs["expect_encrypt"], theirs["expect_msg_signature"])]
    for vector, encrypted, signature in told:
        made = crypto_of(vector).encrypt(vector["plaintext"].encode(), vector["random16"].encode())
        parts = (vector["token"], str(vector["timestamp"]), vector["nonce"])
        assert (made, crypto.signature(*parts, made)) == (encrypted, signature)


def test_what_a_mini_program_is_told_of_its_user():
    vector = vectors()["wxa_session_key_encrypted_data"]
    words = (vector["session_key"], vector["iv"])
    assert crypto.decrypt_user_data(vector["encrypted_data"], *words) == vector["expect_plaintext"]
    assert crypto.encrypt_user_data(vector["expect_plaintext"], *words) == vector["encrypted_data"]
    raw = vectors()["wxa_rawdata_signature"]
    found = crypto.user_data_signature(raw["raw_data"], raw["session_key"])
    assert found == raw["expect_signature"]


# -- bodies ----------------------------------------------------------------------------


def samples() -> list[dict]:
    published = json.loads((FOLDER / "samples_wechat_wecom_events.json").read_text())
    return [one for one in published["samples"] if not one["path"].startswith("WeCom/")]


def kind_of(text: str) -> str:
    """The event's name, or the kind of the message."""
    if text.startswith("{"):
        fields = json.loads(text)
        return fields.get("Event") or fields["MsgType"]
    root = ET.fromstring(text)
    return root.findtext("Event") or root.findtext("MsgType")


def ours() -> dict[str, events.Event]:
    """A body of each kind that the stand-in pushes, with one entry where it has a list."""
    platform = WeChat().platform
    [app] = platform.apps.values()
    about = (app, "oX", 1_796_011_200.0)
    made = [events.event(*about, name, **fields) for name, fields in events.FURTHER.items()]
    made += [events.popup(*about, [("T", "accept")]), events.change(*about, ["T"])]
    made += [events.sent(*about, "T", 1, is_lost=False)]
    made += [events.message(*about, 1, "text", Content="x")]
    made += [events.event(*about, "user_enter_tempsession", SessionFrom="x")]
    made += [events.revoked(*about, "201"), events.modified(*about)]
    return {one.fields.get("Event") or one.fields["MsgType"]: one for one in made}


def shape(value: object) -> object:
    """Names and types; of a list its first entry."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items() if key not in BESIDE}
    return shape(value[0]) if isinstance(value, list) else type(value).__name__


def marks(text: str) -> list[str]:
    """Opening tags in order, with the mark of those whose text stands in CDATA."""
    found = re.findall(r"<(\w+)>\s*(<!\[CDATA\[)?", text)
    first = list(dict.fromkeys(name + mark for name, mark in found))
    return [one for one in first if one not in BESIDE]


def test_bodies_have_the_shape_of_those_that_were_published():
    made, seen = ours(), set()
    for sample in samples():
        text = sample["text"].strip().removeprefix("\ufeff")
        kind = kind_of(text)
        seen.add(kind)
        if kind in OTHERS:
            continue
        if not text.startswith("{"):
            assert marks(events.as_xml(made[kind])) == marks(text), sample["path"]
            continue
        theirs, mine = shape(json.loads(text)), shape(json.loads(events.as_json(made[kind])))
        if sample["path"].startswith("official/"):  # its time is a number
            theirs["CreateTime"] = "str"
        assert dict(sorted(mine.items())) == dict(sorted(theirs.items())), sample["path"]
    assert len(seen - OTHERS) == 21


def test_one_entry_is_an_object_and_two_an_array():
    published = {one["path"]: one["text"] for one in samples()}
    alone = json.loads(published["MpSubscribeMessage/SubscribeMessagePopupEvent.Object.json"])
    made = json.loads(events.as_json(ours()["subscribe_msg_popup_event"]))
    assert isinstance(alone["List"], dict)
    assert isinstance(made["List"], dict)
    xml = published["MpSubscribeMessage/SubscribeMessagePopupEvent.xml"]
    assert len(ET.fromstring(xml.removeprefix("\ufeff")).findall("*/List")) == 2
