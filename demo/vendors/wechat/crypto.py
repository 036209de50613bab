"""Signatures and encryption: of message push, and of what a mini-program is told of its user."""

import base64
import binascii
import hashlib
import hmac
import json

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32  # what is pushed is padded to blocks of 32 bytes, though AES has 16


class Broken(Exception):
    """The text is not what the other side encrypted with this key for this receiver."""


def signature(*parts: str) -> str:
    """Of the token, the time, the nonce and, if there is one, the encrypted text, in any order."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def same(ours: str, theirs: str) -> bool:
    return hmac.compare_digest(ours.encode(), theirs.encode())


class PushCrypto:
    """One app's EncodingAESKey (43 characters) at work; `receiver` is its appid."""

    def __init__(self, aes_key: str, receiver: str):
        self.key, self.receiver = base64.b64decode(aes_key + "="), receiver.encode()
        if len(aes_key) != 43 or len(self.key) != 32:
            raise ValueError("an EncodingAESKey has 43 characters")

    def encrypt(self, plain: bytes, random16: bytes) -> str:
        """`random16` stands before length and text, so that equal texts do not look equal."""
        whole = random16 + len(plain).to_bytes(4) + plain + self.receiver
        encryptor = self._cipher().encryptor()
        encrypted = encryptor.update(padded(whole, BLOCK)) + encryptor.finalize()
        return base64.b64encode(encrypted).decode()

    def decrypt(self, text: str) -> bytes:
        try:
            decryptor = self._cipher().decryptor()
            whole = unpadded(
                decryptor.update(base64.b64decode(text, validate=True)) + decryptor.finalize(),
                BLOCK,
            )
        except (ValueError, binascii.Error) as error:
            raise Broken from error
        length = int.from_bytes(whole[16:20])
        plain, receiver = whole[20 : 20 + length], whole[20 + length :]
        if len(plain) != length or receiver != self.receiver:
            raise Broken
        return plain

    def _cipher(self) -> Cipher:
        return Cipher(algorithms.AES(self.key), modes.CBC(self.key[:16]))


def padded(data: bytes, block: int) -> bytes:
    missing = block - len(data) % block
    return data + bytes([missing]) * missing


def unpadded(data: bytes, block: int) -> bytes:
    if not data or not 1 <= data[-1] <= block or data[-data[-1] :] != data[-1:] * data[-1]:
        raise Broken
    return data[: -data[-1]]


def user_data_cipher(session_key: str, iv: str) -> Cipher:
    return Cipher(algorithms.AES(base64.b64decode(session_key)), modes.CBC(base64.b64decode(iv)))


def encrypt_user_data(data: dict, session_key: str, iv: str) -> str:
    """`encryptedData`, as a mini-program is handed it."""
    encryptor = user_data_cipher(session_key, iv).encryptor()
    plain = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.b64encode(encryptor.update(padded(plain, 16)) + encryptor.finalize()).decode()


def decrypt_user_data(text: str, session_key: str, iv: str) -> dict:
    decryptor = user_data_cipher(session_key, iv).decryptor()
    return json.loads(unpadded(decryptor.update(base64.b64decode(text)) + decryptor.finalize(), 16))


def user_data_signature(raw_data: str, session_key: str) -> str:
    return hashlib.sha1((raw_data + session_key).encode()).hexdigest()


def session_signature(session_key: str) -> str:
    """By which `checksession` knows that we hold the current key."""
    return hmac.new(session_key.encode(), b"", hashlib.sha256).hexdigest()
