"""What a vendor's codes mean: what follows for the message and its number, and in words what is to
be done. Each vendor lists its codes (`SmsVendor.codes`); the sentences are shared."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from campaigns.delivery.channels import SendFailed
from customers.models import Purpose

# What follows.
GONE = "gone"  # nobody has this number: nothing is sent there any more
REFUSED = "refused"  # its owner wants no advertising
OFF = "off"  # not this time: switched off, no net
TEXT = "text"  # what is wrong is the text: this message never leaves, the number is as good
OFTEN = "often"  # this number has had enough for now
BUSY = "busy"  # too much at once
ACCOUNT = "account"  # our account there is the trouble

PAUSES = {
    OFTEN: timedelta(minutes=30),
    BUSY: timedelta(seconds=2),
    ACCOUNT: timedelta(minutes=1),
    OFF: timedelta(minutes=10),
}

WORDS = {
    "number": gettext_noop("It is no number that a short message can be sent to."),
    "nobody": gettext_noop("Nobody has this number, or it was given up."),
    "off": gettext_noop("The telephone is switched off, out of reach or suspended."),
    "full": gettext_noop(
        "The telephone could not take the message: its memory is full or it is broken."
    ),
    "blacklist": gettext_noop(
        "The number is on the black list of the provider or the carrier. Only its owner can have it"
        " taken off, by asking the provider."
    ),
    "unsubscribed": gettext_noop("Its owner has unsubscribed from advertising at the provider."),
    "often": gettext_noop("This number has had as many messages as the provider allows for now."),
    "quick": gettext_noop(
        "The provider wants fewer calls in a second. They are tried again by themselves."
    ),
    "balance": gettext_noop(
        "The balance is used up. Top the account up in the provider's console."
    ),
    "day_limit": gettext_noop(
        "The limit for the day or month that was set in the provider's console is reached. Raise it"
        " there, or wait."
    ),
    "arrears": gettext_noop(
        "The account owes money and is suspended. Pay in the provider's console."
    ),
    "suspended": gettext_noop(
        "The account or the service is switched off. Open it in the provider's console."
    ),
    "account": gettext_noop(
        "Something is wrong with the account: its balance, log-in or signature. The provider's"
        " documentation says what this code means."
    ),
    "key": gettext_noop(
        "The access key is unknown or was switched off. Look it up in the console."
    ),
    "secret": gettext_noop("The secret does not belong to the access key. Enter it anew."),
    "permission": gettext_noop(
        "The access key may not send short messages. Give it that right in the console."
    ),
    "app": gettext_noop(
        "There is no SMS app of this id in the account. Look it up in the console."
    ),
    "ip": gettext_noop(
        "The provider does not let our address in. Enter it in the console's list of addresses."
    ),
    "clock": gettext_noop(
        "Our clock and the provider's differ. Have this machine's time set by a time server."
    ),
    "call": gettext_noop(
        "The provider did not understand the call. Please report it to us with this code."
    ),
    "broken": gettext_noop("The provider has an error of its own. It is tried again by itself."),
    "sign": gettext_noop(
        "The signature is not approved. Look at its state in the console, and wait for the review."
    ),
    "filing": gettext_noop(
        "The signature is not filed with the carriers yet (报备). It cannot send before that is"
        " done: ask in the console how far it has come."
    ),
    "sign_use": gettext_noop(
        "The signature is not for this kind of message. Choose another in the connection."
    ),
    "template": gettext_noop(
        "The template is not approved, or is gone. Look at its state in the console, and fetch the"
        " templates anew."
    ),
    "kind": gettext_noop(
        "The template is for another purpose: a notice (通知) carries no promotion. Use a template"
        " of promotion (推广)."
    ),
    "values": gettext_noop("The values do not fit the template's variables."),
    "value": gettext_noop("A value holds what the template's variable does not allow."),
    "value_length": gettext_noop(
        "A value is longer than the template's variable allows. Shorten it."
    ),
    "value_link": gettext_noop(
        "A value holds a link. Links are part of the template, not of its variables."
    ),
    "forbidden": gettext_noop(
        "The text holds words that the provider does not send. Say it otherwise."
    ),
    "content": gettext_noop("The carrier refused what the text says. Say it otherwise."),
    "emoji": gettext_noop(
        "The text has characters that the provider does not send, such as emoji."
    ),
    "long": gettext_noop("The text is too long. Shorten it."),
    "no_opt_out": gettext_noop("Advertising must end with how to refuse it, once."),
    "has_opt_out": gettext_noop("A service message must not say how to unsubscribe."),
    "night": gettext_noop(
        "Advertising is sent between 8 and 22 o'clock of Beijing only. It is tried again."
    ),
    "abroad": gettext_noop(
        "The account does not send abroad, or the template is for the mainland only."
    ),
    "trial": gettext_noop(
        "The account's trial signature and template go to the numbers that were entered for the"
        " trial only. Use an approved signature and template."
    ),
    "many": gettext_noop(
        "Too many numbers stood in one call. Please report it to us with this code."
    ),
    "other": gettext_noop("The provider refused it. Its console says more under this code."),
}


@dataclass(frozen=True, slots=True)
class Code:
    what: str  # of the above
    words: str  # key of WORDS

    @property
    def sentence(self) -> str:
        return _(WORDS[self.words])


def meaning(codes: Mapping[str, Code], code: str) -> Code:
    """Of the vendor's code; a code that ends in * stands for all that begin so."""
    if found := codes.get(code):
        return found
    families = (known for known in codes if known.endswith("*") and code.startswith(known[:-1]))
    return codes.get(max(families, key=len, default=""), Code(TEXT, "other"))


def failure(codes: Mapping[str, Code], code: str, said: str = "") -> SendFailed:
    """What is written down of a refusal: `code: words of the vendor`."""
    found = meaning(codes, code)
    text = f"{code}: {said}" if said else code
    if found.what == GONE:
        return SendFailed(text, permanent=True)
    if found.what == REFUSED:
        return SendFailed(text, permanent=True, suppresses=Purpose.MARKETING)
    if found.what == TEXT:
        return SendFailed(text, is_of_text=True)
    pause = PAUSES[found.what].total_seconds()
    return SendFailed(text, retry_after=pause, is_of_account=found.what == ACCOUNT)


def too_late() -> SendFailed:
    """Of a text for which no call was begun, since the provider took its time over others."""
    return SendFailed("timeout: not begun", retry_after=PAUSES[BUSY].total_seconds())


class Refused(Exception):
    """The vendor answered a question of ours with a code."""

    def __init__(self, code: str, said: str = ""):
        super().__init__(f"{code}: {said}" if said else code)
        self.code, self.said = code, said
