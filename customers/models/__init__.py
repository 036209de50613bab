"""The tables of this room; rules of a single row stand beside it."""

from customers.models.approval import Approval
from customers.models.base import OfCustomer, OfCustomerUnchecked
from customers.models.connection import Connection
from customers.models.customer import (
    NEAREST,
    AttributeChange,
    Customer,
    CustomerAttribute,
    Identity,
    IdentityClaim,
    IdentityConflict,
    Kind,
    Merge,
)
from customers.models.display_name import DisplayName
from customers.models.erasure import ErasedIdentity, Erasure, ErasureRequest, Export
from customers.models.knowledge import (
    AuditEntry,
    AuditSeal,
    ChangedCustomer,
    Consent,
    Purpose,
    RevealLimit,
)
from customers.models.notes import FollowUp, Note
from customers.models.outbound import Breaker, OutboundCall
from customers.models.owner import Owner, Store
from customers.models.retention import Retention
from customers.models.saved_view import SavedView
from customers.models.scheduled_export import ScheduledExport
from customers.models.segment import (
    EvaluatorClock,
    ListMember,
    Membership,
    Segment,
    SegmentPart,
    SegmentSize,
    SegmentVersion,
    Transition,
    WatchedSegment,
)
from customers.models.tag import CustomerTag, Tag, TagChange, TagGroup
from customers.models.workspace import Namespace, Source, SpecialDay, Touch, Trade, Workspace

__all__ = [
    "NEAREST",
    "Approval",
    "AttributeChange",
    "AuditEntry",
    "AuditSeal",
    "Breaker",
    "ChangedCustomer",
    "Connection",
    "Consent",
    "Customer",
    "CustomerAttribute",
    "CustomerTag",
    "DisplayName",
    "ErasedIdentity",
    "Erasure",
    "ErasureRequest",
    "EvaluatorClock",
    "Export",
    "FollowUp",
    "Identity",
    "IdentityClaim",
    "IdentityConflict",
    "Kind",
    "ListMember",
    "Membership",
    "Merge",
    "Namespace",
    "Note",
    "OfCustomer",
    "OfCustomerUnchecked",
    "OutboundCall",
    "Owner",
    "Purpose",
    "Retention",
    "RevealLimit",
    "SavedView",
    "ScheduledExport",
    "Segment",
    "SegmentPart",
    "SegmentSize",
    "SegmentVersion",
    "Source",
    "SpecialDay",
    "Store",
    "Tag",
    "TagChange",
    "TagGroup",
    "Touch",
    "Trade",
    "Transition",
    "WatchedSegment",
    "Workspace",
]
