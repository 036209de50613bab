"""wechatpy's crypto: opens what we made, and makes the same texts anew."""

import json
import sys
from pathlib import Path

from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException

given, told = map(Path, sys.argv[1:])
asked = json.loads(given.read_text())
crypto = WeChatCrypto(asked["token"], asked["aes_key"], asked["appid"])
stranger = WeChatCrypto(asked["token"], asked["aes_key"], "wx0000000000000000")
opened, made, refused = [], [], 0
for one in asked["messages"]:
    words = (one["body"], one["signature"], one["timestamp"], one["nonce"])
    text = crypto.decrypt_message(*words)
    opened.append(text if isinstance(text, str) else text.decode())
    made.append(crypto.encrypt_message(opened[-1], one["nonce"], one["timestamp"]))
    try:
        stranger.decrypt_message(*words)
    except InvalidAppIdException:
        refused += 1
    try:
        crypto.decrypt_message(one["body"], one["signature"], one["timestamp"], one["nonce"] + "0")
    except InvalidSignatureException:
        refused += 1
told.write_text(json.dumps({"opened": opened, "made": made, "refused": refused}))
