"""What a message's body means: a module for each way to write changes of tables.

`changes(body)` takes a message apart; what it cannot read raises NotAChange and is refused whole,
with its reason.
"""

from collections.abc import Callable

from integrations.models import QueueSource
from integrations.sync.queue.contents import canal, debezium, maxwell
from integrations.sync.tables.changes import Change

Content = QueueSource.Content
CHANGES: dict[str, Callable[[bytes], list[Change]]] = {
    Content.CANAL: canal.changes,
    Content.DEBEZIUM: debezium.changes,
    Content.MAXWELL: maxwell.changes,
}
