from customers.models.base import OfCustomer, OfCustomerUnchecked
from customers.models.customer import (
    AttributeChange,
    Customer,
    CustomerAttribute,
    Identity,
    IdentityClaim,
    IdentityConflict,
    Kind,
    Merge,
)
from customers.models.knowledge import AuditEntry, ChangedCustomer, Consent, Purpose
from customers.models.segment import EvaluatorClock, ListMember, Membership, Segment, SegmentSize, SegmentVersion, Transition
from customers.models.tag import CustomerTag, Tag, TagChange, TagGroup, TagJob
from customers.models.workspace import Namespace, Source, Workspace

__all__ = [
    "AttributeChange",
    "AuditEntry",
    "ChangedCustomer",
    "Consent",
    "Customer",
    "CustomerAttribute",
    "CustomerTag",
    "EvaluatorClock",
    "Identity",
    "IdentityClaim",
    "IdentityConflict",
    "Kind",
    "ListMember",
    "Membership",
    "Merge",
    "Namespace",
    "OfCustomer",
    "OfCustomerUnchecked",
    "Purpose",
    "Segment",
    "SegmentSize",
    "SegmentVersion",
    "Source",
    "Tag",
    "TagChange",
    "TagGroup",
    "TagJob",
    "Transition",
    "Workspace",
]
