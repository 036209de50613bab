"""What this room keeps, and how long."""

from django.utils.translation import gettext_lazy as _

from customers.data_rights.retention.base import (
    CHANNELS,
    DAYS,
    SHOP,
    ByClock,
    ById,
    ByItself,
    Stays,
    StaysWithCustomer,
    Whence,
    WhyKept,
)

THREE_YEARS = _("proof is kept for three years at least (个人信息保护法 56)")
NETWORK_LOGS = _("network logs are kept for six months at least (网络安全法 21)")


class People(StaysWithCustomer):
    key, label = "people", _("customers")
    what = _("name, language, first seen; which customers were merged")
    why, whence = WhyKept.SERVICE, Whence.SHOP
    tables = ("customers.Customer", "customers.Merge")
    is_trace = True


class Identities(StaysWithCustomer):
    key, label = "identities", _("identities")
    what = _("phones, e-mails (sealed), member ids, openids, ids of visitors, proven and unproven")
    why, whence = WhyKept.SERVICE, Whence.SHOP
    tables = ("customers.Identity", "customers.IdentityClaim")
    goes_to = (CHANNELS, SHOP)
    is_trace = True


class Attributes(StaysWithCustomer):
    key, label = "attributes", _("attributes")
    what = _("what the shop tells of a customer, now; personal keys are sealed")
    why, whence = WhyKept.CONSENT, Whence.SHOP
    tables = ("customers.CustomerAttribute",)
    goes_to = (CHANNELS, SHOP)
    is_trace = True


class AttributeHistory(ById):
    key, label = "attribute_history", _("former values of attributes")
    what = _("values that a newer one has replaced")
    why, whence = WhyKept.CONSENT, Whence.SHOP
    tables = ("customers.AttributeChange",)
    clock, default, changes, is_trace = "t.occurred_at", 25, "attribute", True
    # The next newer one says something else; since when a value has held is not forgotten.
    where = """ AND (SELECT (n.value, n.digest) IS DISTINCT FROM (t.value, t.digest)
      FROM customers_attributechange n
        WHERE n.customer_id = t.customer_id AND n.key = t.key
          AND n.origin_customer_id = t.origin_customer_id
          AND (n.occurred_at, n.id) > (t.occurred_at, t.id) ORDER BY n.occurred_at, n.id LIMIT 1)"""


class Tags(StaysWithCustomer):
    key, label = "tags", _("tags, lists and segments")
    what = _("tags that a customer carries, lists they stand on, segments they are in")
    why, whence = WhyKept.CONSENT, Whence.OURS
    tables = ("customers.CustomerTag", "customers.ListMember", "customers.Membership")
    is_trace = True


class Owners(StaysWithCustomer):
    key, label = "owners", _("owners")
    what = _("who of the staff looks after a customer, at which store, since when; those before")
    why, whence = WhyKept.SERVICE, Whence.STAFF
    tables = ("customers.Owner",)


class TagHistory(ById):
    key, label = "tag_history", _("history of tags")
    what = _("when a tag was put on or came off, by whom and why")
    why, whence = WhyKept.CONSENT, Whence.OURS
    tables, default, is_trace = ("customers.TagChange",), 25, True


class Transitions(ById):
    key, label = "transitions", _("history of segments")
    what = _("when a customer entered or left a segment")
    why, whence = WhyKept.CONSENT, Whence.OURS
    tables, default, is_trace = ("customers.Transition",), 25, True
    where = " AND t.due_at IS NULL"


class Consents(ById):
    key, label = "consents", _("consents and refusals")
    what = _(
        "what was agreed to or refused, when, in which words, with which proof; the latest"
        " statement always stays"
    )
    why, whence = WhyKept.PROOF, Whence.REPLY
    tables, clock, least, law = ("customers.Consent",), "t.occurred_at", 36, THREE_YEARS
    term = _("for ever, unless a number is set: then statements that a newer one has replaced go")
    where = """ AND EXISTS (SELECT FROM customers_consent n WHERE n.customer_id = t.customer_id
      AND n.channel = t.channel AND n.purpose = t.purpose
          AND n.origin_customer_id = t.origin_customer_id AND n.merge_id IS NULL
            AND (n.occurred_at, n.id) > (t.occurred_at, t.id)
          AND n.occurred_at < %(before)s)"""


class Notes(ById):
    key, label = "notes", _("notes")
    what, why, whence = _("what the staff wrote down about a customer"), WhyKept.WORK, Whence.STAFF
    tables = ("customers.Note",)
    term = StaysWithCustomer.term


class Tasks(ById):
    key, label = "tasks", _("finished tasks")
    what, why, whence = (
        _("what was to be done for a customer, and who did it"),
        WhyKept.WORK,
        Whence.STAFF,
    )
    tables, clock, default = ("customers.FollowUp",), "t.done_at", 25


class Conflicts(ById):
    key, label = "conflicts", _("decided identity conflicts")
    what, why, whence = _("two customers who may have been one"), WhyKept.SAFETY, Whence.OURS
    tables, clock, default, is_trace = ("customers.IdentityConflict",), "t.settled_at", 25, True


class ErasureRequests(StaysWithCustomer):
    key, label = "erasure_requests", _("requests to be forgotten")
    what = _("that somebody asked to be forgotten, how and when, and until when it is to be done")
    why, whence = WhyKept.PROOF, Whence.REPLY
    tables = ("customers.ErasureRequest",)


class Erasures(ById):
    key, label = "erasures", _("records of erasing")
    what, why, whence = (
        _("that somebody was erased, when and why, without the person"),
        WhyKept.PROOF,
        Whence.STAFF,
    )
    tables, clock, default, least, law = ("customers.Erasure",), "t.done_at", 60, 36, THREE_YEARS


class Marks(Stays):
    key, label = "marks", _("marks of erased people")
    what = _("keyed hashes of their identities: who comes back gets no marketing")
    why, whence = WhyKept.PROOF, Whence.OURS
    tables = ("customers.ErasedIdentity",)


class Copies(ByItself):
    key, label, term = "copies", _("copies and exported files"), _("24 hours")
    what = _(
        "a copy of all that is known about one customer; files of whole lists; files that were"
        " brought, until they are worked off (sealed); pictures of letters, which are nobody's, for"
        " ten years"
    )
    why, whence = WhyKept.WORK, Whence.STAFF
    tables = ("customers.Export", "crm_project.File", "crm_project.FilePart")


class Acts(ById):
    key, label, unit = "acts", _("background work"), DAYS
    what, why, whence = (
        _("what staff did to many at once, with its filter and reason"),
        WhyKept.SAFETY,
        Whence.STAFF,
    )
    tables, clock, default = ("crm_project.Job",), "t.ended_at", 180


class Calls(ById):
    key, label, unit = "calls", _("calls to other systems"), DAYS
    what, why, whence = (
        _("what was told to other systems, and what they answered (sealed)"),
        WhyKept.SERVICE,
        Whence.OURS,
    )
    tables, clock, default, goes_to = ("customers.OutboundCall",), "t.ended_at", 30, (SHOP,)
    where, asks = " AND t.due_at IS NULL", False


class Approvals(ById):
    key, label = "approvals", _("approvals")
    what, why, whence = (
        _("what was asked for, as it was then, and who decided it"),
        WhyKept.SAFETY,
        Whence.STAFF,
    )
    tables, clock, default, is_personal = ("customers.Approval",), "t.decided_at", 36, False


class Audit(Stays):
    key, label = "audit", _("audit log")
    what = _("who of the staff did what, whom they were shown; customers by number, values masked")
    why, whence = WhyKept.SAFETY, Whence.OURS
    tables = ("customers.AuditEntry", "customers.AuditSeal")
    law = _(
        "three years at least (个人信息保护法 56), log-ins six months at least (网络安全法 21); it"
        " only grows, each entry proves the one before"
    )


class AdminLog(ById):
    key, label = "admin_log", _("changes in the admin")
    what, why, whence = (
        _("which rows staff saved or deleted in the admin"),
        WhyKept.SAFETY,
        Whence.OURS,
    )
    tables, clock, default, least, law = ("admin.LogEntry",), "t.action_time", 36, 6, NETWORK_LOGS


class Logins(ByItself):
    key, label, term = (
        "log_ins",
        _("log-ins"),
        _("hashes a quarter of an hour, counts an hour; the log-ins themselves with the audit log"),
    )
    what = _(
        "that somebody logged in or failed to: in the audit log; until then counts, and hashes of"
        " names and networks"
    )
    why, whence = WhyKept.SAFETY, Whence.OURS
    tables, law = (
        (
            "crm_project.LoginTries",
            "crm_project.Tally",
            "crm_project.Submission",
        ),
        NETWORK_LOGS,
    )


class Sessions(ByClock):
    key, label, unit = "sessions", _("ended sessions"), DAYS
    what, why, whence = _("that somebody of the staff was logged in"), WhyKept.SAFETY, Whence.OURS
    tables, clock, default, most = ("crm_project.Session",), "t.expire_date", 1, 30
    law, asks = _("a session lasts eight hours and serves nothing afterwards"), False


class Staff(Stays):
    key, label = "staff", _("accounts of the staff")
    what, term = (
        _("name, e-mail, password (hashed), second step"),
        _("until an administrator deletes the account"),
    )
    why, whence = WhyKept.SAFETY, Whence.STAFF
    tables = ("auth.User", "otp_totp.TOTPDevice")
