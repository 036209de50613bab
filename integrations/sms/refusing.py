"""Who answers a short message with R, T, TD or 退订 wants no more advertising. However it is typed:
full width, small letters, with a full stop; what they ordered is still spoken of."""

import unicodedata

WORDS = frozenset(
    {
        *("R", "T", "TD", "N", "NO", "STOP", "QX", "0000", "00000"),
        *(
            "退订",
            "拒收",
            "退",
            "TD退订",
            "T退订",
            "R拒收",
            "取消",
            "取消订阅",
            "不要再发",
            "别发了",
        ),
    }
)
LONGEST = 40  # characters: who writes more wants to be read by a person
_dropped = dict.fromkeys(map(ord, " \t\r\n.。,，!！'\"“”‘’()[]【】<>《》;；:：-—_`~·"))


def wants_no_more(reply: str) -> bool:
    if len(reply) > LONGEST:
        return False
    plain = unicodedata.normalize("NFKC", reply).upper().translate(_dropped)
    return plain in WORDS or plain.removeprefix("回复").removeprefix("回") in WORDS
