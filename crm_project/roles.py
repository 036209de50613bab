"""The six roles of the product: groups whose permissions stand here and are made anew with every
release (`prepare`).

What somebody sees follows from their role alone. Phones and e-mails are masked for everybody on
every page (customers/privacy/sealing.py), and shown in the clear one by one to those who may reveal
them (customers/data_rights/revealing.py). Names and what people did are for those who may view
customers; who may not has no list in which a customer stands. A role of one's own is a group beside
these.
"""

from django.contrib.auth.models import Group, Permission

LOOK = ("view",)
WORK = ("view", "add", "change", "delete")
PEOPLE = dict.fromkeys(
    (
        *(
            "customers.customer",
            "customers.attributechange",
            "customers.consent",
            "customers.identityclaim",
            "customers.listmember",
        ),
        *(
            "events.event",
            "events.order",
            "events.refund",
            "events.booking",
            "events.customervalue",
        ),
        *(
            "campaigns.coupon",
            "campaigns.message",
            "campaigns.run",
            "campaigns.suppression",
            "campaigns.assignment",
        ),
        "integrations.grant",
    ),
    LOOK,
)
FIGURES = dict.fromkeys(
    (
        *(
            "customers.segment",
            "customers.store",
            "customers.tag",
            "customers.taggroup",
            "customers.namespace",
        ),
        "customers.displayname",
        *("events.product", "events.eventname", "events.seenevent", "events.lifecyclesettings"),
        *("campaigns.campaign", "campaigns.journey", "campaigns.template", "campaigns.couponbatch"),
    ),
    LOOK,
)
NOTES_AND_TASKS = {
    "customers.note": ("view", "add"),
    "customers.followup": ("view", "add", "change"),
}
BY_HAND = {
    "customers.customertag": ("add", "delete"),
    "customers.owner": ("add",),
    "customers.consent": ("view", "add"),  # only a refusal, as somebody said it
}
ROLES: dict[str, dict[str, tuple[str, ...]]] = {
    "Marketer 营销": {
        **PEOPLE,
        **FIGURES,
        **NOTES_AND_TASKS,
        **BY_HAND,
        "customers.segment": WORK,
        "customers.tag": WORK,
        "customers.taggroup": WORK,
        "customers.displayname": ("view", "add", "change"),
        "customers.store": ("view", "add", "change"),
        "customers.customer": ("view", "tag_many", "export_list"),
        "customers.listmember": ("view", "delete"),
        "events.lifecyclesettings": ("view", "change"),
        "customers.approval": LOOK,
        "campaigns.campaign": WORK,
        "campaigns.journey": (*WORK, "export_journey", "import_journey"),
        "campaigns.template": WORK,
        "campaigns.couponbatch": WORK,
        "campaigns.price": LOOK,
        "integrations.smstemplate": ("view", "change"),
        "campaigns.marketingstop": ("view", "stop_marketing"),
        "campaigns.message": ("view", "add", "write_to_bookings"),
        "integrations.subscribetemplate": ("view", "change"),
        "campaigns.coupon": ("view", "add"),
        "campaigns.run": ("view", "add", "change"),
        "customers.specialday": WORK,
        "integrations.fileimport": ("view", "add"),
    },
    "Approver 审批": {
        **PEOPLE,
        **FIGURES,
        "customers.auditentry": LOOK,
        "customers.approval": ("view", "decide_approval"),
        "crm_project.job": LOOK,
        "campaigns.campaign": ("view", "change", "launch_service", "pass_caps"),
        "campaigns.journey": ("view", "change"),
        "campaigns.marketingstop": ("view", "stop_marketing"),
        "customers.workspace": ("view", "confirm_restore"),
        "customers.retention": LOOK,
    },
    "Staff 客服": {
        **PEOPLE,
        **NOTES_AND_TASKS,
        **BY_HAND,
        "customers.customer": ("view", "find_by_last_digits"),
        "customers.identity": ("reveal_identity",),
        "customers.segment": LOOK,
        "customers.tag": LOOK,
        "customers.taggroup": LOOK,
        "customers.store": LOOK,
        "customers.identityconflict": ("view", "change"),
        "customers.merge": ("view", "add", "change"),
        "events.measurement": LOOK,
        "events.booking": ("view", "change"),  # what they answered; the shop says all else
        "events.product": LOOK,
        "campaigns.coupon": ("view", "add", "change"),
        "campaigns.message": ("view", "add", "write_to_bookings"),
    },
    "Analyst 分析": FIGURES,
    "Integrator 对接": {
        "customers.source": ("view", "add", "change"),
        "customers.namespace": ("view", "add", "change"),
        "events.product": LOOK,
        "customers.displayname": ("view", "add", "change"),
        "events.eventname": ("view", "add", "change"),
        "events.seenevent": LOOK,
        "integrations.quarantine": ("view", "change"),
        "integrations.queuesource": ("view", "add", "change"),
        "integrations.tablemapping": ("view", "add", "change"),
        "integrations.fileimport": ("view", "add"),
        "integrations.reconciliation": ("view", "add", "change"),
        "integrations.reconciledday": LOOK,
    },
}
ADMINISTRATOR = "Administrator 管理员"
ROOMS = ("customers", "events", "campaigns", "integrations", "django_celery_beat")
ACCOUNTS = {
    "auth.user": WORK,
    "auth.group": WORK,
    "crm_project.job": ("view", "change"),
    "crm_project.host": ("view", "declare_host_gone"),
}
NAMES = (*ROLES, ADMINISTRATOR)


def make() -> None:
    """The groups exist with exactly these permissions; run again, nothing changes."""
    known = {
        (p.content_type.app_label, p.codename): p
        for p in Permission.objects.select_related("content_type")
    }
    for name, role in ROLES.items():
        give(name, [known[key] for key in wanted(role) if key in known])
    give(
        ADMINISTRATOR,
        [p for (app, _codename), p in known.items() if app in ROOMS]
        + [known[key] for key in wanted(ACCOUNTS)],
    )


def give(name: str, permissions: list[Permission]) -> None:
    Group.objects.get_or_create(name=name)[0].permissions.set(permissions)


def wanted(role: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    """(app, codename) of each; a word of more than one part is a permission of its own."""
    found = []
    for model, actions in role.items():
        app, _dot, name = model.partition(".")
        found += [(app, action if "_" in action else f"{action}_{name}") for action in actions]
    return found
