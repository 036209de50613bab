"""The calls of one batch to a vendor, several at the same time."""

from collections.abc import Awaitable, Callable, Iterable

from campaigns.delivery.channels import Results, SendFailed
from integrations.outbound import client
from integrations.sms import codes
from integrations.sms.values import Text

Batch = list[Text]


async def through(
    batches: Iterable[Batch], call: Callable[[Batch], Awaitable[Results]], *, at_once: int
) -> Results:
    """What `call` says of each text. Where our account is the trouble, the others would only hear
    the same; where there was no time left to begin a call, they wait a moment."""
    results: Results = {}
    trouble: list[SendFailed] = []

    async def one_call(batch: Batch) -> None:
        if trouble:
            results.update(alike(batch, trouble[0]))
            return
        found = await call(batch)
        results.update(found)
        trouble.extend(f for f in found.values() if isinstance(f, SendFailed) and f.is_of_account)

    for batch in await client.each(batches, one_call, at_once=at_once):
        results |= alike(batch, codes.too_late())
    return results


def alike(batch: Batch, result: SendFailed) -> Results:
    return {one.message_id: result for one in batch}
