"""How the admin looks and where things stand: the settings of Unfold. Pages are named by string;
the project imports no room."""

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


def item(title, icon: str, page: str) -> dict:
    """A line of the sidebar; shown to whoever may look at the model's list."""
    app, _underscore, rest = page.partition("_")
    entry = {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{page}")}
    if rest.endswith("_changelist"):
        permission = f"{app}.view_{rest.removesuffix('_changelist')}"
        entry["permission"] = lambda request: request.user.has_perm(permission)
    return entry


def sees_mailbox(request) -> bool:
    """Only where the demo keeps letters that went nowhere."""
    return settings.MAILBOX.is_dir() and request.user.has_perm("campaigns.view_message")


def may_begin_jobs(request) -> bool:
    from crm_project.admin.jobs import may_begin_any  # the admin needs the apps

    return may_begin_any(request)


def own(title, icon: str, page: str, permission: str) -> dict:
    """A page of ours that is no model's list."""
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(page),
        "permission": lambda request: request.user.has_perm(permission),
    }


def group(title, *items: dict, is_open: bool = False) -> dict:
    """What one kind of work needs. It is open from the start, or once one of its pages is looked
    at; whoever opens or closes it finds it so again (static/hutong/hutong.js)."""
    return {"title": title, "items": list(items), "is_open": is_open}


# By what somebody comes to do; what is set up once, and what developers look at, stands last.
NAVIGATION = [
    group(
        "",
        item(_("Dashboard"), "dashboard", "index"),
        own(pgettext_lazy("bookings", "Today"), "today", "today", "events.view_booking"),
        own(_("My tasks"), "task_alt", "followups", "customers.view_followup"),
    ),
    group(
        _("Customers"),
        item(_("Customers"), "person", "customers_customer_changelist"),
        item(_("Segments"), "groups", "customers_segment_changelist"),
        item(_("Tags"), "sell", "customers_tag_changelist"),
        item(_("Tag groups"), "category", "customers_taggroup_changelist"),
        item(_("To be forgotten"), "person_remove", "customers_erasurerequest_changelist"),
        own(_("Merge review"), "person_search", "merge_review", "customers.view_identityconflict"),
        is_open=True,
    ),
    group(
        _("Marketing"),
        item(_("Journeys"), "route", "campaigns_journey_changelist"),
        item(_("Campaigns"), "campaign", "campaigns_campaign_changelist"),
        item(_("Products"), "storefront", "events_product_changelist"),
        own(_("Reports"), "monitoring", "reports", "events.view_order"),
        item(_("Approvals"), "approval", "customers_approval_changelist"),
        item(_("Coupon batches"), "confirmation_number", "campaigns_couponbatch_changelist"),
        item(_("Coupons"), "redeem", "campaigns_coupon_changelist"),
        own(
            _("Redeem a coupon"),
            "qr_code_scanner",
            "admin:campaigns_coupon_till",
            "campaigns.change_coupon",
        ),
        item(_("Templates"), "article", "campaigns_template_changelist"),
        item(
            _("WeChat subscriptions"), "mark_chat_read", "integrations_subscribetemplate_changelist"
        ),
        item(_("SMS templates"), "sms", "integrations_smstemplate_changelist"),
        item(_("Messages"), "chat", "campaigns_message_changelist"),
        item(_("Runs"), "directions_walk", "campaigns_run_changelist"),
        item(_("Stops of marketing"), "block", "campaigns_marketingstop_changelist"),
        is_open=True,
    ),
    group(
        pgettext_lazy("sidebar", "Data"),
        item(_("Orders"), "shopping_bag", "events_order_changelist"),
        item(_("Refunds"), "currency_yuan", "events_refund_changelist"),
        item(_("Bookings"), "event_available", "events_booking_changelist"),
        item(_("Measurements"), "monitoring", "events_measurement_changelist"),
        item(_("Events"), "bolt", "events_event_changelist"),
        item(_("Imports"), "upload_file", "integrations_fileimport_changelist"),
        item(_("Exports on a schedule"), "download", "customers_scheduledexport_changelist"),
    ),
    group(
        pgettext_lazy("sidebar", "Analysis"),
        item(_("Lifecycle and value"), "donut_small", "events_lifecyclesettings_changelist"),
        item(_("Stages and classes"), "leaderboard", "events_customervalue_changelist"),
    ),
    group(
        pgettext_lazy("sidebar", "Settings"),
        item(_("Workspace settings"), "tune", "customers_workspace_changelist"),
        item(_("Prices of sending"), "payments", "campaigns_price_changelist"),
        item(_("Users"), "manage_accounts", "auth_user_changelist"),
        item(_("Connections"), "hub", "customers_connection_changelist"),
        item(_("Namespaces"), "store", "customers_namespace_changelist"),
        item(_("Stores"), "storefront", "customers_store_changelist"),
        item(_("Special days"), "event_busy", "customers_specialday_changelist"),
        {
            "title": _("Background work"),
            "icon": "checklist",
            "link": reverse_lazy("admin:crm_project_job_changelist"),
            "permission": may_begin_jobs,
        },
        own(_("Retention"), "auto_delete", "retention", "customers.view_retention"),
        own(_("List of personal data"), "fact_check", "personal_data", "customers.view_retention"),
        item(_("Audit log"), "history", "customers_auditentry_changelist"),
        item(_("Display names"), "translate", "customers_displayname_changelist"),
        item(_("Sources"), "cable", "customers_source_changelist"),
        own(_("Ways in"), "input", "ways_in", "customers.view_source"),
        item(_("Queues"), "sync", "integrations_queuesource_changelist"),
        item(_("Reconciliation"), "difference", "integrations_reconciliation_changelist"),
        item(_("Table mappings"), "table_chart", "integrations_tablemapping_changelist"),
        item(_("Event names"), "label", "events_eventname_changelist"),
        item(_("Quarantine"), "report", "integrations_quarantine_changelist"),
        {
            "title": _("Local mailbox"),
            "icon": "mail",
            "link": reverse_lazy("mailbox"),
            "permission": sees_mailbox,
        },
        item(_("Waiting work"), "pending_actions", "waiting"),
        own(_("Hosts"), "dns", "admin:hosts", "crm_project.view_host"),
    ),
]

UNFOLD = {
    "SITE_TITLE": "Hutong 互通",
    "SITE_HEADER": "Hutong 互通",
    "SITE_ICON": lambda _request: static("hutong/logo.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("hutong/logo.svg")}
    ],
    "SITE_URL": None,
    "SHOW_LANGUAGES": True,
    "SHOW_HISTORY": False,  # the audit log is ours
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "STYLES": [lambda _request: static("hutong/hutong.css")],
    "SCRIPTS": [
        lambda _request: static("hutong/hutong.js"),
        lambda _request: static("hutong/pick.js"),
        lambda _request: static("hutong/upload.js"),
    ],
    "DASHBOARD_CALLBACK": "campaigns.dashboard.view.fill",
    "ACCOUNT": {
        "navigation": [
            {"title": _("Second step at log-in"), "link": reverse_lazy("admin:second_step_set_up")}
        ]
    },
    "BORDER_RADIUS": "6px",
    # Customers are searched by a function of ours, because the theme would fetch every one that
    # fits.
    "COMMAND": {
        "search_models": ["customers.segment", "campaigns.campaign", "campaigns.journey"],
        "search_callback": "customers.admin.customers.for_command",
    },
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": NAVIGATION,
    },
    "COLORS": {
        # Vermilion of the gates in a hutong; 600 carries white text at 5:1.
        "primary": {
            "50": "#fdf4f2",
            "100": "#fbe6e1",
            "200": "#f8d0c8",
            "300": "#f1afa2",
            "400": "#e7816e",
            "500": "#d95c45",
            "600": "#bf4530",
            "700": "#a03725",
            "800": "#853022",
            "900": "#6f2d23",
            "950": "#3c140d",
        },
    },
}
