"""Message push, signed and sealed as WeChat does it (WeCom does it alike): AES-256-CBC under the
EncodingAESKey, in blocks of 32 bytes, and SHA-1 over the sorted parts.

A sealed text is 16 random bytes, the length in four, the text, and the app id of the receiver.
"""

import base64
import binascii
import hashlib
import hmac
import secrets

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

KEY_CHARACTERS, KEY_BYTES, BLOCK, RANDOM, LENGTH = 43, 32, 32, 16, 4


class NotSealed(Exception):
    """The text was not sealed with this key for this receiver."""


def signature(*parts: str) -> str:
    """Of the token, the time, the nonce and, where there is one, the sealed text."""
    text = "".join(sorted(parts)).encode()
    return hashlib.sha1(text).hexdigest()  # noqa: S324 -- as the platform signs


def is_signed(said: str, *parts: str) -> bool:
    """Compared in constant time; a lone surrogate is no text and signs nothing."""
    try:
        return hmac.compare_digest(signature(*parts).encode(), said.encode())
    except UnicodeEncodeError:
        return False


def key_bytes(key: str) -> bytes:
    """The 32 bytes that the 43 characters name. Spare bits need not be zero, so nothing is compared
    by encoding it again. Raises ValueError."""
    if len(key) != KEY_CHARACTERS or not key.isascii():
        raise ValueError("an EncodingAESKey has 43 characters")
    found = base64.b64decode(key + "=", validate=True)
    if len(found) != KEY_BYTES:
        raise ValueError("an EncodingAESKey has 32 bytes")
    return found


class Sealer:
    """One key at work for one receiver (an app id, a corp id)."""

    def __init__(self, key: str, receiver: str):
        self.key, self.receiver = key_bytes(key), receiver.encode()

    def seal(self, text: bytes, random: bytes | None = None) -> str:
        """The text as base64; with fresh random bytes, so that equal texts do not look equal."""
        whole = (random or secrets.token_bytes(RANDOM)) + len(text).to_bytes(LENGTH) + text
        whole += self.receiver
        missing = BLOCK - len(whole) % BLOCK
        encryptor = self.cipher().encryptor()
        sealed = encryptor.update(whole + bytes([missing]) * missing) + encryptor.finalize()
        return base64.b64encode(sealed).decode()

    def open(self, sealed: str) -> bytes:
        """What was sealed. Raises NotSealed, also where it was meant for another receiver."""
        try:
            decryptor = self.cipher().decryptor()
            raw = base64.b64decode(sealed, validate=True)
            whole = without_padding(decryptor.update(raw) + decryptor.finalize())
        except (ValueError, binascii.Error) as error:
            raise NotSealed from error
        begins = RANDOM + LENGTH
        ends = begins + int.from_bytes(whole[RANDOM:begins])
        if len(whole) < ends or not hmac.compare_digest(whole[ends:], self.receiver):
            raise NotSealed
        return whole[begins:ends]

    def cipher(self) -> Cipher:
        return Cipher(algorithms.AES(self.key), modes.CBC(self.key[:16]))


def without_padding(whole: bytes) -> bytes:
    count = whole[-1] if whole else 0
    if not 1 <= count <= BLOCK or whole[-count:] != bytes([count]) * count:
        raise NotSealed
    return whole[:-count]
