"""Who: one customer behind many identities."""

import uuid

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm_project.db.clock import Now
from crm_project.queue.due import DueRow, due_index
from customers.models.base import OfCustomer
from customers.models.workspace import Source
from customers.privacy.sealing import NotDecipherable, SealedField, masked, not_readable


class CustomerQuerySet(models.QuerySet):
    def alive(self):
        """Neither merged away nor erased."""
        return self.filter(merged_into=None, erased_at=None)


class Customer(models.Model):
    """One person. The id is a dense 32-bit integer (bitmaps); outsiders see only `public_id`."""

    id = models.AutoField(primary_key=True)
    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=200, blank=True, default="")
    language = models.CharField(_("language"), max_length=16, blank=True, default="")
    is_provisional = models.BooleanField(
        _("provisional"),
        default=False,
        help_text=_("Known only by a claim that no trusted source has confirmed."),
    )
    first_seen_at = models.DateTimeField(_("first seen"))
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="merged",
        db_index=False,
        verbose_name=_("merged into"),
    )
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)
    is_barred = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="brought an identity of somebody who asked to be forgotten",
    )

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        permissions = [
            ("find_by_last_digits", "Can find customers by the last four digits of a phone"),
            ("export_customer", "Can export all that is known about one customer"),
            ("erase_customer", "Can erase a customer for good"),
            ("export_list", "Can export lists"),
            ("export_clear", "Can export phones and e-mails in clear"),
            ("tag_many", "Can tag many customers at once"),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="customer_created"),
            # What the list of customers is filtered by.
            models.Index(fields=["first_seen_at"], name="customer_first_seen"),
            models.Index(
                fields=["id"], name="customer_provisional", condition=models.Q(is_provisional=True)
            ),
            models.Index(
                fields=["merged_into"],
                name="customer_merged",
                condition=models.Q(merged_into__isnull=False),
            ),
            GinIndex(fields=["name"], opclasses=["gin_trgm_ops"], name="customer_name"),
            # Characters and neighbouring pairs of them: two Chinese characters are found inside a
            # name, which trigrams cannot do.
            GinIndex(
                models.Func("name", function="customers_name_grams"),
                name="customer_name_grams",
                condition=~models.Q(name=""),
            ),
        ]

    def __str__(self):
        return self.name or f"#{self.pk}"

    def get_absolute_url(self):
        return reverse("customer", args=[self.public_id])


class Kind(models.TextChoices):
    """The kinds of identity, strongest first."""

    MEMBER_ID = "member_id", _("member id")
    WX_UNIONID = "wx_unionid", _("WeChat unionid")
    WX_OPENID = "wx_openid", _("WeChat openid")
    ALIPAY_USER_ID = "alipay_user_id", _("Alipay user id")
    DOUYIN_OPENID = "douyin_openid", _("Douyin openid")
    WECOM_EXTERNAL_USERID = "wecom_external_userid", _("WeCom external user id")
    PHONE = "phone", _("phone")
    EMAIL = "email", _("e-mail")
    ANONYMOUS_ID = "anonymous_id", _("anonymous id")


# What staff would call them by comes first, what only machines know last.
NEAREST = [
    Kind.PHONE,
    Kind.MEMBER_ID,
    Kind.EMAIL,
    *(kind for kind in Kind if kind not in (Kind.PHONE, Kind.MEMBER_ID, Kind.EMAIL)),
]


class IdentityValue(models.Model):
    """(kind, scope, value); for personal kinds `value` is a keyed hash and the clear value is
    sealed."""

    kind = models.CharField(_("kind"), max_length=24, choices=Kind)
    scope = models.CharField(_("scope"), max_length=64, blank=True, default="")
    value = models.CharField(_("value"), max_length=200)
    sealed = SealedField(null=True, editable=False, row=["kind", "scope", "value"])
    tail = models.CharField(
        max_length=24,
        blank=True,
        default="",
        editable=False,
        help_text="keyed hash of a phone's last four digits",
    )
    source = models.ForeignKey(
        Source, models.PROTECT, null=True, related_name="+", verbose_name=_("asserted by")
    )
    first_seen_at = models.DateTimeField(_("first seen"))

    class Meta:
        abstract = True

    def __str__(self):
        return f"{self.get_kind_display()} {self.masked_value}"

    @property
    def masked_value(self) -> str:
        try:
            return masked(self.kind, self.sealed) if self.sealed else self.value
        except NotDecipherable:
            return not_readable(self)


class Identity(OfCustomer, IdentityValue):
    """What a door we trust said; it resolves to its customer."""

    is_strong = models.BooleanField(_("strong"))

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = [
            models.UniqueConstraint(fields=["kind", "scope", "value"], name="identity_is_unique")
        ]
        indexes = [
            models.Index(fields=["tail"], name="identity_tail", condition=~models.Q(tail=""))
        ]
        permissions = [("reveal_identity", "Can see phones and e-mails in the clear, one by one")]


class IdentityClaim(OfCustomer, IdentityValue):
    """What a door we do not trust said about a customer. Resolves nothing (decision 1).

    `is_provisional` marks the one customer on whom events gather that carried nothing but this
    claim.
    """

    is_provisional = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("unproven identity")
        verbose_name_plural = _("unproven identities")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "scope", "value", "origin_customer"], name="claim_is_unique"
            ),
            models.UniqueConstraint(
                fields=["kind", "scope", "value"],
                name="claim_has_one_provisional",
                condition=models.Q(is_provisional=True),
            ),
        ]


class CustomerAttribute(models.Model):
    """The current value of one attribute; derived from AttributeChange, kept for reading."""

    customer = models.ForeignKey(
        Customer,
        models.CASCADE,
        related_name="attributes",
        db_index=False,
        verbose_name=_("customer"),
    )
    key = models.CharField(_("key"), max_length=100)
    value = models.JSONField(_("value"), null=True)
    sealed = SealedField(null=True, editable=False, row=["customer_id", "key", "digest"])
    digest = models.CharField(max_length=24, blank=True, default="", editable=False)
    occurred_at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")
        constraints = [
            models.UniqueConstraint(fields=["customer", "key"], name="attribute_is_unique")
        ]
        indexes = [
            models.Index(
                fields=["key", "value"], name="attribute_value", condition=models.Q(sealed=None)
            ),
            models.Index(
                fields=["key", "digest"], name="attribute_digest", condition=~models.Q(digest="")
            ),
        ]

    def __str__(self):
        return self.key


class AttributeChange(OfCustomer):
    """One statement about one attribute at one time; null `value` with null `sealed` means
    deleted."""

    key = models.CharField(_("key"), max_length=100)
    value = models.JSONField(_("value"), null=True)
    sealed = SealedField(null=True, editable=False, row=["origin_customer_id", "key", "digest"])
    digest = models.CharField(max_length=24, blank=True, default="", editable=False)
    occurred_at = models.DateTimeField(_("occurred"))
    source = models.ForeignKey(Source, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        verbose_name = _("attribute change")
        verbose_name_plural = _("attribute changes")
        indexes = [
            models.Index(fields=["customer", "key", "occurred_at"], name="attributechange_history"),
            models.Index(fields=["key", "occurred_at"], name="attributechange_key"),
        ]


class Merge(DueRow, OfCustomer):
    """`customer` took in `origin_customer`; the rows that arrived by the latter follow it until
    undone."""

    identity = models.CharField(_("joined by"), max_length=255, blank=True, default="")
    moved = models.JSONField(default=dict, editable=False)
    at = models.DateTimeField(_("at"))
    by = models.CharField(_("by"), max_length=150, blank=True, default="")
    xid = models.BigIntegerField(
        null=True,
        editable=False,
        help_text="older transactions may have decided before this was known",
    )
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        indexes = [due_index("merge_due")]

    def __str__(self):
        return f"{self.customer} ← {self.origin_customer}"

    def get_absolute_url(self):
        return reverse("merge_undo", args=[self.pk])


class IdentityConflict(models.Model):
    """Two customers named together by a trusted source who may not be joined by themselves."""

    first = models.ForeignKey(
        Customer, models.CASCADE, related_name="+", verbose_name=_("first customer")
    )
    second = models.ForeignKey(
        Customer, models.CASCADE, related_name="+", verbose_name=_("second customer")
    )
    reason = models.CharField(_("reason"), max_length=255)
    source = models.ForeignKey(
        Source, models.SET_NULL, null=True, related_name="+", verbose_name=_("source")
    )
    at = models.DateTimeField(_("at"))
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        verbose_name = _("identity conflict")
        verbose_name_plural = _("identity conflicts")
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="conflict_is_unique")
        ]

    def __str__(self):
        return f"{self.first} / {self.second}"

    def get_absolute_url(self):
        return reverse("conflict", args=[self.pk])
