"""What WeChat's refusals mean: in words for whoever set the account up, and what is to be done."""

import re
from dataclasses import dataclass
from enum import Enum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from integrations.outbound import client
from integrations.outbound.client import CallFailed

RID = re.compile(r"\brid: ?([0-9a-f-]{8,60})")
ADDRESS = re.compile(r"invalid ip ([0-9.]{7,15})")
MOST_WORDS = 200  # characters of the platform's own that are kept


class Kind(Enum):
    TOKEN = "token"  # noqa: S105 -- another access token is needed; then the same call may be made again
    LATER = "later"  # a moment later the same call may work
    QUOTA = "quota"  # not before tomorrow
    SETUP = "setup"  # somebody has to mend the account
    PERSON = "person"  # of this one person: what they gave us, or allow
    CONTENT = "content"  # of what we sent


@dataclass(frozen=True, slots=True)
class Meaning:
    words: str
    kind: Kind


def setup(words: str) -> Meaning:
    return Meaning(words, Kind.SETUP)


def person(words: str) -> Meaning:
    return Meaning(words, Kind.PERSON)


def content(words: str) -> Meaning:
    return Meaning(words, Kind.CONTENT)


MEANINGS = {
    -1: Meaning(gettext_noop("WeChat is busy."), Kind.LATER),
    40001: Meaning(
        gettext_noop("WeChat does not take the access token, or the app secret is wrong."),
        Kind.TOKEN,
    ),
    40002: content(gettext_noop("WeChat does not know this kind of access token.")),
    40003: person(gettext_noop("This openid is not of this app.")),
    40013: setup(gettext_noop("WeChat knows no app with this app id: look for a typing mistake.")),
    40014: Meaning(gettext_noop("WeChat does not take the access token."), Kind.TOKEN),
    40029: person(gettext_noop("The log-in code is wrong, used or older than five minutes.")),
    40037: content(gettext_noop("There is no such message template in this app.")),
    40097: content(gettext_noop("WeChat misses something in the call.")),
    40125: setup(
        gettext_noop(
            "The app secret is wrong. Whoever manages the mini-program can make a new one:"
            " 开发管理 → 开发设置 → AppSecret → 重置."
        )
    ),
    40163: person(gettext_noop("The log-in code was used already.")),
    40164: setup(
        gettext_noop(
            "WeChat does not know the address that we call from. Enter it in its console:"
            " 开发管理 → 开发设置 → IP白名单."
        )
    ),
    40226: person(gettext_noop("WeChat holds this person for a risk and lets them not log in.")),
    40243: setup(
        gettext_noop(
            "The app secret is frozen. Unfreeze it in WeChat's console: 开发管理 → 开发设置."
        )
    ),
    41001: Meaning(gettext_noop("The access token is missing."), Kind.TOKEN),
    41002: setup(gettext_noop("The app id is missing.")),
    41004: setup(gettext_noop("The app secret is missing.")),
    41008: person(gettext_noop("The log-in code is missing.")),
    41030: content(gettext_noop("The released mini-program has no such page.")),
    42001: Meaning(gettext_noop("The access token has expired."), Kind.TOKEN),
    43101: person(
        gettext_noop(
            "This person has not allowed this message, or not any more."
            " Have the mini-program ask again."
        )
    ),
    43107: setup(
        gettext_noop(
            "WeChat has banned the app from subscribe messages."
            " Its console says why, and takes an appeal."
        )
    ),
    43108: Meaning(gettext_noop("Another message to this person is under way."), Kind.LATER),
    45009: Meaning(
        gettext_noop(
            "Today's number of calls to WeChat is used up. It is full again at midnight of Beijing."
        ),
        Kind.QUOTA,
    ),
    45011: Meaning(gettext_noop("There were too many calls to WeChat in a minute."), Kind.LATER),
    45015: person(gettext_noop("This person has not written to us within the last 48 hours.")),
    45047: person(gettext_noop("This person has been sent as many answers as are allowed.")),
    45168: content(gettext_noop("The text holds a word that WeChat forbids.")),
    47001: content(gettext_noop("WeChat cannot read the call.")),
    47003: content(gettext_noop("A value is not of the form that the template wants.")),
    48001: setup(
        gettext_noop("The app may not use this part of WeChat: look at 接口权限 in its console.")
    ),
    85079: setup(
        gettext_noop(
            "The mini-program has not been released yet. Release it in WeChat's console first."
        )
    ),
    87009: person(gettext_noop("WeChat does not know this signature.")),
    89503: setup(
        gettext_noop(
            "An administrator of the mini-program must confirm our calls: WeChat has sent them a"
            " message."
        )
    ),
    89506: setup(
        gettext_noop(
            "An administrator has refused our calls for 24 hours."
            " Ask them why, and try again tomorrow."
        )
    ),
    89507: setup(
        gettext_noop(
            "An administrator has refused our calls for an hour."
            " Ask them why, and try again in an hour."
        )
    ),
}
UNKNOWN = content(gettext_noop("WeChat refused the call."))


class WeChatError(CallFailed):
    """The platform has answered, and refuses. `errcode` is its number, `said` its own words, `rid`
    the number that its support asks for."""

    def __init__(self, errcode: int, said: str = ""):
        self.errcode, self.said = errcode, said[:MOST_WORDS]
        found = RID.search(self.said)
        self.rid = found[1] if found else ""
        super().__init__(str(errcode), self.said)

    @property
    def meaning(self) -> Meaning:
        return MEANINGS.get(self.errcode, UNKNOWN)

    @property
    def kind(self) -> Kind:
        return self.meaning.kind

    @property
    def is_final(self) -> bool:
        return self.kind in {Kind.PERSON, Kind.CONTENT}


def errcode_of(error: str) -> int | None:
    """The platform's number in a failure that was written down."""
    code = error.partition(": ")[0]
    return int(code) if re.fullmatch(r"-?[0-9]{1,9}", code) else None


def in_words(error: str) -> str:
    """What a failure that was written down means, in the reader's language."""
    errcode = errcode_of(error)
    if errcode is None:
        return client.in_words(error)
    said = _(MEANINGS.get(errcode, UNKNOWN).words)
    if found := ADDRESS.search(error):
        return f"{said} {_('We call from')} {found[1]}"
    detail = error.partition(": ")[2]
    return f"{said} ({errcode} {detail})" if errcode not in MEANINGS else f"{said} ({errcode})"
