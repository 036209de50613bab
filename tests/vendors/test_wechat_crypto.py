"""The stand-in of WeChat encrypts and signs what it pushes as the platform does."""

import pytest

from demo.vendors.wechat import crypto

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
# Made with the command `openssl enc -aes-256-cbc -nopad`:
# 16 random characters, the length, the text, the appid, and what fills the last block.
MADE_ELSEWHERE = "Q3stYC6hdFzMh9T8HCvyDOkCUCmLUE9Di2InLV+Iv5gWSWKssLETNE9TZLhijisQ"
MADE_ELSEWHERE += "CJ0/jdVafC/LqHtqsjroIYzZm7uGMKFmfmuh8jVoYopQwgg8IvbJl0F58GLeaM25"


def test_what_was_encrypted_elsewhere_is_understood_and_made_alike():
    ours = crypto.PushCrypto(AES_KEY, "wx0123456789abcdef")
    assert ours.decrypt(MADE_ELSEWHERE) == '{"name":"胡同茶馆，好"}'.encode()
    assert ours.encrypt('{"name":"胡同茶馆，好"}'.encode(), b"0123456789abcdef") == MADE_ELSEWHERE


@pytest.mark.parametrize("length", [0, 1, 11, 12, 13, 31, 32, 33, 5000])
def test_every_length_comes_back(length):
    ours = crypto.PushCrypto(AES_KEY, "wx1")
    assert ours.decrypt(ours.encrypt(b"x" * length, b"r" * 16)) == b"x" * length


def test_another_receiver_another_key_and_changed_bytes_are_broken():
    ours = crypto.PushCrypto(AES_KEY, "wx1")
    text = ours.encrypt(b"hello", b"r" * 16)
    with pytest.raises(crypto.Broken):
        crypto.PushCrypto(AES_KEY, "wx2").decrypt(text)
    for bad in (
        "",
        "%",
        text[:-8],
        text[:20] + ("A" if text[20] != "A" else "B") + text[21:] + "A",
        "AAAA",
    ):
        with pytest.raises(crypto.Broken):
            ours.decrypt(bad)
    with pytest.raises(crypto.Broken):
        crypto.PushCrypto(AES_KEY[::-1], "wx1").decrypt(text)
    with pytest.raises(ValueError):
        crypto.PushCrypto(AES_KEY + "a", "wx1")
