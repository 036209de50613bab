"""Why a queue cannot be read, in words for whoever connected it; nothing of a message or a
secret."""

import ssl

import redis
from amqp import exceptions as amqp
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from customers.privacy.sealing import NotDecipherable
from integrations.outbound.addresses import Forbidden
from integrations.outbound.client import WORDS
from integrations.sync.queue.taking import QuarantineFull

KINDS = (
    (QuarantineFull, gettext_noop("Its quarantine is full: look through it, then it goes on.")),
    (NotDecipherable, gettext_noop("The stored settings cannot be read: enter them again.")),
    (
        amqp.AccessRefused,
        gettext_noop("The broker refused the user name, the password or the queue."),
    ),
    (amqp.NotFound, gettext_noop("The broker has no queue of this name.")),
    (amqp.NotAllowed, gettext_noop("The broker refused the virtual host.")),
    (redis.AuthenticationError, gettext_noop("The broker refused the user name or the password.")),
    (redis.ResponseError, gettext_noop("The broker refused what we asked: is it a stream?")),
    (ssl.SSLError, gettext_noop("Its certificate is not valid for this address.")),
    (
        (TimeoutError, redis.TimeoutError),
        gettext_noop("The broker did not answer in time."),
    ),
    (
        (OSError, redis.ConnectionError, amqp.ConnectionError),
        gettext_noop("Nobody answers at the broker's address, or the connection broke."),
    ),
)


def why(error: BaseException) -> str:
    """In the reader's language now, or as it is stored (`stored`)."""
    return in_words(stored(error))


def stored(error: BaseException) -> str:
    """What is written down of it."""
    if isinstance(error, Forbidden):
        return WORDS[error.code]
    known = next((words for kind, words in KINDS if isinstance(error, kind)), None)
    return known or type(error).__name__


def in_words(said: str) -> str:
    return _(said) if said else ""
