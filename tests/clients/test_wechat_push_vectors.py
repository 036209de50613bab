"""What others have published of message push, understood by our own door: third parties' files,
read in ../shared/vectors or in the folder that VECTORS names (test_wechat_vectors.py)."""

import json
import secrets

import pytest

from integrations.doors.reading.free_json import Unfit
from integrations.wechat import crypto, pushed, understanding
from tests.clients.test_wechat_vectors import FOLDER, crypto_of, encrypted_in, samples, vectors

pytestmark = [
    pytest.mark.proof,
    pytest.mark.django_db,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the files are absent"),
]


def sealer_of(vector: dict) -> crypto.Sealer:
    receiver = next(vector[name] for name in ("appid", "receive_id", "corp_id") if name in vector)
    return crypto.Sealer(vector["encoding_aes_key"], receiver)


@pytest.mark.parametrize(
    "name", ["mp_push_aes_json", "wxbizmsgcrypt_xml_demo", "wecom_decrypt_message"]
)
def test_messages_are_signed_and_open(name):
    vector = vectors()[name]
    sealed, query = encrypted_in(vector), vector["query"]
    parts = (vector["token"], query["timestamp"], query["nonce"], sealed)
    assert crypto.is_signed(query["msg_signature"], *parts)
    assert not crypto.is_signed(query["msg_signature"], *parts, "x")
    opened = sealer_of(vector).open(sealed)
    assert opened.decode() == vector["expect_plaintext"]
    assert pushed.read(opened).kind


@pytest.mark.parametrize("name", ["mp_push_url_verify", "mp_push_plain_json"])
def test_time_and_nonce_are_signed(name):
    vector = vectors()[name]
    query = vector["query"]
    parts = (vector["token"], query["timestamp"], query["nonce"])
    assert crypto.is_signed(query["signature"], *parts)


def test_a_signature_alone_and_an_encrypted_echostr():
    alone, echo = vectors()["wxbizmsgcrypt_signature_only"], vectors()["wecom_url_verify_echostr"]
    for vector, sealed in ((alone, alone["encrypt"]), (echo, echo["query"]["echostr"])):
        query = vector["query"]
        parts = (vector["token"], query["timestamp"], query["nonce"], sealed)
        assert crypto.is_signed(query["msg_signature"], *parts)
    opened = sealer_of(echo).open(echo["query"]["echostr"]).decode()
    assert opened == echo["expect_response_body"]


def test_answers_are_made_alike():
    vector = vectors()["mp_push_aes_json_reply"]
    random16 = vector["random16"].encode()
    sealed = sealer_of(vector).seal(vector["plaintext"].encode(), random16)
    parts = (vector["token"], str(vector["timestamp"]), vector["nonce"], sealed)
    expected = vector["expect"]
    assert (sealed, crypto.signature(*parts)) == (expected["Encrypt"], expected["MsgSignature"])


def test_a_thousand_texts_are_sealed_and_opened_by_both():
    vector = vectors()["mp_push_aes_json"]
    ours, theirs = sealer_of(vector), crypto_of(vector)
    for _n in range(1000):
        text = secrets.token_bytes(secrets.randbelow(300))
        assert ours.open(theirs.encrypt(text, secrets.token_bytes(16))) == text
        assert theirs.decrypt(ours.seal(text)) == text


def test_every_sample_is_understood_or_left_with_a_reason():
    class There:
        app_id = "wx13974bf780d3dc89"

    understood, left = set(), set()
    for sample in samples():
        one = pushed.read(sample["text"].encode())
        try:
            items = understanding.items_of(one, There())
        except Unfit as unfit:
            raise AssertionError(f"{sample['path']}: {unfit}") from unfit
        does_more = one.kind in {understanding.SENT, understanding.REVOKED}
        assert items or does_more or understanding.LEFT.get(one.kind), sample["path"]
        (left if one.kind in understanding.LEFT else understood).add(one.kind)
    assert understood >= {
        *("subscribe_msg_popup_event", "subscribe_msg_change_event", "subscribe_msg_sent_event"),
        *("user_enter_tempsession", "user_authorization_revoke", "text"),
    }
    assert json.dumps(sorted(left))
