"""Coupons: money we promise. Every move is one conditional update; a row in CouponMove proves
it."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from crm_project.db.clock import Now
from customers.models import Namespace, OfCustomer
from customers.privacy.sealing import SealedField


class CouponBatch(models.Model):
    class Kind(models.TextChoices):
        AMOUNT = "amount", _("amount off from a threshold (满减)")
        PERCENT = "percent", _("percentage off (折扣)")
        EXCHANGE = "exchange", _("exchange for a product (兑换)")

    class Codes(models.TextChoices):
        GENERATED = "generated", _("made here, one for each coupon")
        UPLOADED = "uploaded", _("brought in a file, one for each coupon")
        SHARED = "shared", _("one code for everybody")

    namespace = models.ForeignKey(
        Namespace, models.PROTECT, related_name="+", verbose_name=_("namespace")
    )
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.AMOUNT)
    amount_off_fen = models.BigIntegerField(
        _("amount off (fen)"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    percent_off = models.PositiveSmallIntegerField(
        _("percent off"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("20 percent off is 8 折."),
    )
    most_off_fen = models.BigIntegerField(
        _("at most off (fen)"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    threshold_fen = models.BigIntegerField(
        _("from an order of (fen)"), default=0, validators=[MinValueValidator(0)]
    )
    products = ArrayField(
        models.CharField(max_length=128),
        verbose_name=_("only for products"),
        default=list,
        blank=True,
    )
    categories = ArrayField(
        models.CharField(max_length=200),
        verbose_name=_("only for categories"),
        default=list,
        blank=True,
    )
    code_mode = models.CharField(
        _("codes"), max_length=10, choices=Codes, default=Codes.GENERATED, db_default="generated"
    )
    codes_left = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    shared_code = models.CharField(
        _("the code for everybody"), max_length=40, blank=True, default="", db_default=""
    )
    shared_digest = models.CharField(max_length=24, default="", db_default="", editable=False)
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    valid_seconds = models.PositiveIntegerField(
        _("valid for (seconds from issue)"), null=True, blank=True, default=7 * 86400
    )
    stock = models.PositiveIntegerField(
        _("stock"), null=True, blank=True, default=1000, help_text=_("Empty: no limit.")
    )
    per_customer = models.PositiveSmallIntegerField(
        _("at most per customer"), default=1, validators=[MinValueValidator(1)]
    )
    budget_fen = models.BigIntegerField(
        _("budget (fen)"),
        null=True,
        blank=True,
        help_text=_("Each coupon promises its full value until it is used, returned or expires."),
    )
    given_cost_fen = models.BigIntegerField(
        _("what one exchange costs you (fen)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_(
            "Of an exchange: what the product that is given for nothing costs you. Reports take it"
            " off the profit."
        ),
    )
    is_for_anyone = models.BooleanField(
        _("also for visitors whom nobody vouches for"),
        default=False,
        db_default=False,
        help_text=_(
            "Given also to customers whom only a public key has named (a mini-program's or a"
            " website's), and no server of yours. Anyone who reads that key can make up as many of"
            " them as they like, and draw a coupon with each: keep stock and budget small."
        ),
    )
    issued = models.PositiveIntegerField(_("issued"), default=0, editable=False)
    promised_fen = models.BigIntegerField(_("promised (fen)"), default=0, editable=False)
    spent_fen = models.BigIntegerField(_("spent (fen)"), default=0, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("coupon batch")
        verbose_name_plural = _("coupon batches")
        constraints = [
            models.CheckConstraint(
                condition=Q(stock=None) | Q(issued__lte=models.F("stock")),
                name="batch_is_not_oversold",
            ),
            models.CheckConstraint(
                condition=Q(budget_fen=None)
                | Q(budget_fen__gte=models.F("promised_fen") + models.F("spent_fen")),
                name="batch_keeps_its_budget",
            ),
            models.CheckConstraint(
                condition=Q(promised_fen__gte=0, spent_fen__gte=0), name="batch_money_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(kind="amount", amount_off_fen__isnull=False)
                | Q(kind="percent", percent_off__isnull=False)
                | Q(kind="exchange"),
                name="batch_has_its_value",
            ),
            models.CheckConstraint(
                condition=Q(budget_fen=None) | ~Q(kind="percent") | Q(most_off_fen__isnull=False),
                name="batch_budget_needs_a_most",
            ),
            models.UniqueConstraint(
                fields=["shared_digest"],
                name="batch_shared_code_is_unique",
                condition=~Q(shared_digest=""),
            ),
        ]

    def __str__(self):
        return self.name


class Coupon(OfCustomer):
    """One coupon of one customer. What travels in a message is pending until the message leaves,
    and withdrawn if it never does (coupons/travelling.py)."""

    class State(models.TextChoices):
        PENDING = "pending", _("waits for its message to leave")
        ISSUED = "issued", _("issued")
        CLAIMED = "claimed", pgettext_lazy("state", "claimed")
        RESERVED = "reserved", _("reserved by an order")
        REDEEMED = "redeemed", _("redeemed")
        RETURNED = "returned", _("returned after a refund")
        VOID = "void", _("void after a refund")
        EXPIRED = "expired", _("expired")
        REVOKED = "revoked", _("revoked")
        WITHDRAWN = "withdrawn", _("withdrawn: its message did not leave")

    batch = models.ForeignKey(
        CouponBatch, models.PROTECT, related_name="coupons", db_index=False, verbose_name=_("batch")
    )
    code = SealedField(editable=False, row=["code_digest"])
    code_digest = models.CharField(max_length=24, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ISSUED)
    effect_key = models.CharField(
        max_length=100,
        editable=False,
        help_text="what issued it, exactly once: run:<id>:<visit>, campaign:<id>:<customer>",
    )
    issued_by = models.CharField(
        _("issued by"), max_length=60, blank=True, default=""
    )  # "journey:3", "campaign:5", a person
    run_id = models.BigIntegerField(null=True, editable=False)
    step = models.CharField(
        max_length=40, default="", db_default="", editable=False, help_text="of the journey's run"
    )
    issued_at = models.DateTimeField(pgettext_lazy("time", "issued"))
    claimed_at = models.DateTimeField(_("claimed"), null=True)
    valid_from = models.DateTimeField(_("valid from"))
    expires_at = models.DateTimeField(_("expires"))
    promised_fen = models.BigIntegerField(default=0, editable=False)
    order_number = models.CharField(_("order"), max_length=100, blank=True, default="")
    reserved_until = models.DateTimeField(_("reserved until"), null=True)
    redeemed_at = models.DateTimeField(pgettext_lazy("time", "redeemed"), null=True)
    discount_fen = models.BigIntegerField(_("discount given (fen)"), default=0)

    class Meta:
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        constraints = [
            models.UniqueConstraint(fields=["code_digest"], name="coupon_code_is_unique"),
            models.UniqueConstraint(fields=["effect_key"], name="coupon_is_issued_once"),
            models.CheckConstraint(
                condition=~Q(state="redeemed") | Q(redeemed_at__isnull=False) & ~Q(order_number=""),
                name="coupon_redeemed_has_order",
            ),
        ]
        indexes = [
            models.Index(fields=["batch", "state"], name="coupon_batch"),
            models.Index(fields=["customer", "batch"], name="coupon_customer"),
            models.Index(
                fields=["expires_at", "customer"],
                name="coupon_expiry",
                condition=Q(state__in=["issued", "claimed", "reserved", "returned"]),
            ),
            models.Index(
                fields=["redeemed_at"], name="coupon_redeemed", condition=Q(state="redeemed")
            ),
            models.Index(fields=["issued_at"], name="coupon_issued"),
            models.Index(fields=["issued_by", "issued_at"], name="coupon_of_subject"),
            models.Index(fields=["state", "id"], name="coupon_state"),
            models.Index(
                fields=["reserved_until"], name="coupon_reserved", condition=Q(state="reserved")
            ),
            models.Index(
                fields=["order_number"], name="coupon_order", condition=~Q(order_number="")
            ),
        ]

    def __str__(self):
        return f"{self.batch} #{self.pk}"

    @classmethod
    def cannot_be_undone(cls, survivor: int, since) -> str:
        """Said before a merge is undone (customers/identity/comparing.py)."""
        spent = cls.objects.filter(customer=survivor, redeemed_at__gte=since).count()
        return spent and ngettext(
            "%(n)d coupon was redeemed meanwhile.", "%(n)d coupons were redeemed meanwhile.", spent
        ) % {"n": spent}


class BatchCode(models.Model):
    """A code that was brought in a file and that no coupon has yet; it goes when one takes it."""

    batch = models.ForeignKey(CouponBatch, models.CASCADE, related_name="codes")
    code = SealedField(editable=False, row=["code_digest"])
    code_digest = models.CharField(max_length=24, unique=True)

    def __str__(self):
        return f"{self.batch_id} #{self.pk}"


class CouponMove(models.Model):
    """One move of one coupon; append-only."""

    coupon = models.ForeignKey(
        Coupon, models.PROTECT, related_name="moves", verbose_name=_("coupon")
    )
    state = models.CharField(_("to"), max_length=10, choices=Coupon.State)
    order_number = models.CharField(_("order"), max_length=100, blank=True, default="")
    amount_fen = models.BigIntegerField(_("amount (fen)"), default=0)
    by = models.CharField(_("by"), max_length=150, blank=True, default="")
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("coupon move")
        verbose_name_plural = _("coupon moves")
