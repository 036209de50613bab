"""Every kind there is, in the order in which pages offer them."""

from integrations.sync.files.kinds.base import ImportKind
from integrations.sync.files.kinds.bookings import Bookings
from integrations.sync.files.kinds.consents import Consents
from integrations.sync.files.kinds.customers import Customers
from integrations.sync.files.kinds.events import Events
from integrations.sync.files.kinds.orders import Orders
from integrations.sync.files.kinds.products import Products
from integrations.sync.files.kinds.refunds import Refunds
from integrations.sync.files.kinds.tags import Tags

KINDS: dict[str, ImportKind] = {
    kind.key: kind()
    for kind in (Customers, Orders, Refunds, Products, Bookings, Events, Tags, Consents)
}
