"""Which part of which guide explains a page: the beginning of the page's name, the first that fits,
and the heading as it is in English."""

from functools import lru_cache

DEFAULT = ("marketer", "")
PLACES: tuple[tuple[str, str, str], ...] = (
    ("admin:index", "marketer", "the-dashboard"),
    ("followups", "staff", "your-day"),
    # -- customers
    ("customer_reveal", "staff", "seeing-a-phone-or-an-e-mail"),
    ("customer_action", "staff", "doing-something-for-a-customer"),
    ("customer", "staff", "reading-the-page"),
    ("merge", "staff", "two-pages-one-person"),
    ("conflict", "staff", "two-pages-one-person"),
    ("admin:customers_merge", "staff", "two-pages-one-person"),
    ("admin:customers_identityconflict", "staff", "two-pages-one-person"),
    ("admin:customers_identityclaim", "staff", "reading-the-page"),
    ("admin:customers_attributechange", "staff", "reading-the-page"),
    (
        "admin:customers_customer_export",
        "staff",
        "when-somebody-asks-what-we-know-or-to-be-forgotten",
    ),
    (
        "admin:customers_customer_erase",
        "staff",
        "when-somebody-asks-what-we-know-or-to-be-forgotten",
    ),
    ("admin:customers_customer_", "marketer", "customers-and-their-list"),
    ("admin:customers_displayname", "marketer", "customers-and-their-list"),
    ("admin:customers_store", "marketer", "customers-and-their-list"),
    ("admin:customers_segment", "marketer", "who-segments"),
    ("admin:customers_listmember", "marketer", "who-segments"),
    ("admin:customers_tag", "marketer", "tags-stages-and-value"),
    ("admin:events_lifecyclesettings", "marketer", "tags-stages-and-value"),
    ("admin:events_customervalue", "marketer", "tags-stages-and-value"),
    # -- marketing
    ("admin:campaigns_recipe", "marketer", "ready-to-be-switched-on"),
    ("admin:campaigns_packs", "marketer", "ready-to-be-switched-on"),
    ("admin:campaigns_journey", "marketer", "by-itself-journeys"),
    ("admin:campaigns_run", "marketer", "by-itself-journeys"),
    ("admin:customers_specialday", "marketer", "by-itself-journeys"),
    ("admin:campaigns_campaign", "marketer", "once-campaigns"),
    ("admin:campaigns_marketingstop", "marketer", "stop-all-marketing"),
    ("admin:customers_approval", "marketer", "a-second-pair-of-eyes"),
    (
        "admin:customers_erasurerequest",
        "staff",
        "when-somebody-asks-what-we-know-or-to-be-forgotten",
    ),
    ("admin:integrations_subscribetemplate", "marketer", "wechat-subscribe-messages"),
    ("admin:campaigns_template", "marketer", "what-templates-and-coupons"),
    ("letter_pictures", "marketer", "what-templates-and-coupons"),
    ("admin:campaigns_couponbatch", "marketer", "what-templates-and-coupons"),
    ("admin:campaigns_price", "marketer", "what-templates-and-coupons"),
    ("admin:campaigns_coupon_till", "staff", "redeeming-a-coupon"),
    ("admin:campaigns_coupon_", "staff", "a-coupon-that-does-not-work"),
    ("admin:campaigns_message_restored", "operator", "backup-and-restore"),
    ("admin:campaigns_message", "marketer", "what-came-of-it"),
    ("admin:campaigns_assignment", "marketer", "what-came-of-it"),
    ("admin:customers_workspace_reveal", "staff", "seeing-a-phone-or-an-e-mail"),
    ("admin:customers_workspace", "marketer", "rules-that-always-hold"),
    ("admin:customers_consent", "marketer", "rules-that-always-hold"),
    ("admin:campaigns_suppression", "marketer", "rules-that-always-hold"),
    ("admin:bulk", "marketer", "all-rows-of-a-list-at-once"),
    ("admin:crm_project_job", "marketer", "all-rows-of-a-list-at-once"),
    # -- what comes in
    ("report", "marketer", "what-came-of-it"),
    ("today", "staff", "today-the-bookings-of-a-day"),
    ("admin:events_order", "staff", "finding-a-customer"),
    ("admin:events_refund", "staff", "finding-a-customer"),
    ("admin:events_booking", "staff", "finding-a-customer"),
    ("admin:events_measurement", "staff", "reading-the-page"),
    ("admin:events_product", "marketer", "what-sells-products"),
    ("product", "marketer", "what-sells-products"),
    ("admin:events_", "developer", "when-something-is-wrong"),
    ("admin:customers_source", "developer", "send-the-first-event"),
    ("admin:customers_namespace", "developer", "who-sends-what"),
    ("admin:integrations_smstemplate", "marketer", "short-messages"),
    ("admin:customers_connection", "developer", "orders-coupons-messages"),
    # -- running it
    ("admin:integrations_queuesource", "operator", "queues-that-are-read"),
    ("ways_in", "operator", "all-ways-in-on-one-page"),
    ("admin:integrations_recon", "operator", "nothing-is-missing-reconciliation"),
    ("admin:integrations_tablemapping", "operator", "queues-that-are-read"),
    ("admin:integrations_quarantine", "operator", "quarantine"),
    ("admin:customers_scheduledexport", "marketer", "all-rows-of-a-list-at-once"),
    ("admin:integrations_fileimport", "marketer", "bring-old-members-and-orders-by-file"),
    ("retention", "operator", "how-long-data-is-kept"),
    ("personal_data", "operator", "how-long-data-is-kept"),
    ("admin:auth_", "operator", "logging-in-rights-audit"),
    ("admin:customers_auditentry", "operator", "logging-in-rights-audit"),
    ("admin:second_step", "staff", "logging-in"),
    ("admin:password_change", "staff", "logging-in"),
    ("mailbox", "operator", "e-mail"),
    ("admin:hosts", "operator", "more-than-one-host"),
    ("admin:waiting", "operator", "health"),
    ("admin:django_celery_beat", "operator", "health"),
)


@lru_cache(maxsize=1024)
def of(page: str) -> tuple[str, str]:
    """(guide, id of the heading) for the page of this name."""
    for beginning, guide, heading in PLACES:
        if page.startswith(beginning):
            return guide, heading
    return DEFAULT
