"""The demo's mail server: it takes every letter, keeps it in a Maildir, and delivers nothing.
`python -m crm_project.runtime.mailbox PORT FOLDER`.

To see what refusals do: an address that begins with `bounce` is unknown to it (550), one that
begins with `later` is told to come again (451).
"""

import email
import mailbox
import signal
import sys
import threading
from email.policy import default

from aiosmtpd.controller import Controller

REFUSED = {"bounce": "550 5.1.1 There is no such mailbox", "later": "451 4.3.0 Come again later"}
MOST_BYTES = 5_000_000
KEPT = 500  # letters; the oldest go first


class LetterKeeper:
    """What the server does with a letter."""

    def __init__(self, folder: str):
        self.box = mailbox.Maildir(folder, create=True)

    # Aiosmtpd's name
    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        for beginning, answer in REFUSED.items():
            if address.lower().startswith(beginning):
                return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        key = self.box.add(
            mailbox.MaildirMessage(email.message_from_bytes(envelope.content, policy=default))
        )
        for old in sorted(self.box.keys())[:-KEPT]:
            self.box.discard(old)
        return f"250 OK queued as {key.split('.')[1]}"


def main(port: str, folder: str) -> None:
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_signal: stopped.set())
    controller = Controller(
        LetterKeeper(folder), hostname="127.0.0.1", port=int(port), data_size_limit=MOST_BYTES
    )
    controller.start()
    stopped.wait()
    controller.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
