"""Coupon batches, which marketers make, and coupons, which only the product moves."""

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from campaigns.admin.coupon_codes import TakesCodes
from campaigns.admin.coupon_report import ReportsCoupons
from campaigns.admin.money import YuanField
from campaigns.admin.till import Till
from campaigns.coupons import codes, files, moves, settling, standing, terms
from campaigns.models import BatchCode, Coupon, CouponBatch, CouponMove
from crm_project.admin import Days, ModelAdmin, ReadOnly, TabularInline, act, link, money, state
from crm_project.queue.due import database_now
from customers.admin.uses import ShowsUses
from customers.models import AuditEntry
from customers.pickers import Offering
from customers.segments import rights
from events import words
from events.models import Product

State = Coupon.State
Kind, Codes = CouponBatch.Kind, CouponBatch.Codes
DAY = 86400


class LinesInput(Offering, UnfoldAdminTextareaWidget):
    """Lines of what there is already, offered while somebody types."""

    def __init__(self, suggester: str):
        super().__init__(suggester, attrs={"rows": 3})


class LinesField(forms.CharField):
    """A list, one entry per line."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value):
        return [line.strip() for line in (super().clean(value) or "").splitlines() if line.strip()]


class BatchForm(forms.ModelForm):
    amount_off_fen = YuanField(label=_("amount off (元)"), required=False)
    threshold_fen = YuanField(label=_("from an order of (元)"), required=False)
    most_off_fen = YuanField(label=_("at most off (元)"), required=False)
    budget_fen = YuanField(
        label=_("budget (元)"),
        required=False,
        help_text=_(
            "Empty: no limit. Each coupon promises its full value until it is used, returned or"
            " expires."
        ),
    )
    given_cost_fen = YuanField(
        label=_("what one exchange costs you (元)"),
        required=False,
        help_text=CouponBatch._meta.get_field("given_cost_fen").help_text,
    )
    unlimited = forms.BooleanField(
        label=_("unlimited: neither a stock nor a budget"),
        required=False,
        help_text=_(
            "A mistake in a journey or a segment, or somebody who finds a way to draw coupons, then"
            " costs you without end."
        ),
    )
    valid_days = forms.DecimalField(
        label=_("valid for (days from issue)"),
        required=False,
        min_value=0,
        max_digits=8,
        decimal_places=2,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    products = LinesField(
        label=_("only for products"),
        required=False,
        help_text=_("Product ids, one per line. Empty: for all."),
    )
    categories = LinesField(
        label=_("only for categories"),
        required=False,
        help_text=_("One per line. Empty: for all."),
        widget=LinesInput("category"),
    )

    class Meta:
        model = CouponBatch
        fields = (
            *(
                "namespace",
                "name",
                "kind",
                "code_mode",
                "shared_code",
                "amount_off_fen",
                "percent_off",
                "threshold_fen",
                "most_off_fen",
                "products",
                "categories",
            ),
            *(
                "valid_from",
                "valid_until",
                "stock",
                "per_customer",
                "budget_fen",
                "given_cost_fen",
                "is_for_anyone",
                "is_active",
            ),
        )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("namespace", "kind", "code_mode"):  # what customers hold stays what it was
            if name in self.fields:
                self.fields[name].disabled = self.instance.pk is not None
        if "code_mode" in self.fields:
            self.fields["code_mode"].required = False
        if "valid_days" in self.fields and self.instance.valid_seconds is not None:
            days = self.instance.valid_seconds / DAY
            self.initial["valid_days"] = int(days) if days == int(days) else round(days, 2)

        if "unlimited" in self.fields and self.instance.pk:
            self.initial["unlimited"] = (
                self.instance.stock is None and self.instance.budget_fen is None
            )

    def clean_code_mode(self):
        return self.cleaned_data["code_mode"] or Codes.GENERATED

    def clean_threshold_fen(self):
        return self.cleaned_data["threshold_fen"] or 0

    def clean(self):
        data = super().clean()
        kind = data.get("kind", self.instance.kind)
        mode = data.get("code_mode", self.instance.code_mode)
        self.check_shared(mode, data)
        if kind == Kind.AMOUNT and not data.get("amount_off_fen"):
            self.add_error("amount_off_fen", _("Say how much is taken off."))
        if kind == Kind.PERCENT and not data.get("percent_off"):
            self.add_error("percent_off", _("Say how many percent are taken off."))
        if kind == Kind.PERCENT and data.get("budget_fen") and not data.get("most_off_fen"):
            self.add_error(
                "most_off_fen", _("With a budget, a percentage needs the most it may take off.")
            )
        self.refuse_unknown(data)
        if kind == Kind.EXCHANGE and not (data.get("products") or data.get("categories")):
            self.add_error("products", _("Say what may be had in exchange."))
        if (
            data.get("stock") is None
            and not data.get("budget_fen")
            and not data.get("unlimited")
            and mode != Codes.UPLOADED
            and not {"stock", "budget_fen"} & self.errors.keys()
        ):
            self.add_error(
                "stock",
                _("Say how many there are, or give a budget; or tick that they are unlimited."),
            )
        if not data.get("valid_days") and not data.get("valid_until"):
            self.add_error("valid_days", _("Say how long a coupon is valid, or until when."))
        if (
            data.get("valid_from")
            and data.get("valid_until")
            and data["valid_from"] >= data["valid_until"]
        ):
            self.add_error("valid_until", _("The end lies before the beginning."))
        return data

    def check_shared(self, mode: str, data: dict) -> None:
        """One code for everybody is there, can be typed, and is nobody else's."""
        if mode != Codes.SHARED or "shared_code" not in self.fields:
            data["shared_code"] = self.instance.shared_digest = ""
            return
        code = (data.get("shared_code") or "").strip()
        if not files.is_code(code):
            self.add_error("shared_code", _("4 to 40 of A–Z, digits and dashes."))
            return
        data["shared_code"], digest = code, codes.digest(code)
        others = CouponBatch.objects.filter(shared_digest=digest).exclude(pk=self.instance.pk)
        taken = (Coupon.objects, BatchCode.objects)
        if others.exists() or any(rows.filter(code_digest=digest).exists() for rows in taken):
            self.add_error("shared_code", _("A coupon or another batch has this code."))
        self.instance.shared_digest = digest

    def refuse_unknown(self, data: dict) -> None:
        """A category or product that the shop's catalogue does not have would make a coupon that is
        good for nothing."""
        shop = data.get("namespace") or (self.instance.namespace_id and self.instance.namespace)
        goods = Product.objects.filter(namespace=shop)
        if not (shop and goods.exists()):
            return  # a shop without a catalogue names both at the till only
        for name, column, said in (
            ("products", "product_id", _("The catalogue has no product %(names)s.")),
            ("categories", "category", _("The catalogue has no category %(names)s.")),
        ):
            added = set(data.get(name) or ()) - set(getattr(self.instance, name))
            known = set(goods.filter(**{f"{column}__in": added}).values_list(column, flat=True))
            if unknown := sorted(added - known):
                self.add_error(name, said % {"names": ", ".join(f"“{one}”" for one in unknown[:5])})

    def save(self, commit=True):
        days = self.cleaned_data.get("valid_days")
        self.instance.valid_seconds = int(days * DAY) if days else None
        return super().save(commit)


@admin.register(CouponBatch)
class BatchAdmin(ReportsCoupons, TakesCodes, ShowsUses, ModelAdmin):
    form = BatchForm
    list_top = "campaigns/batches_top.html"
    when_empty = _("A batch says what its coupons are worth, how long, and how many there are.")
    list_display = (
        "name",
        "value",
        "issued_of",
        "promised",
        "spent",
        "is_active",
        "used_by",
        "created_at",
    )
    list_filter = ("kind", "is_active", "namespace")
    search_fields = ("name",)
    ordering = ("-pk",)
    list_select_related = ("namespace",)
    conditional_fields = {
        "amount_off_fen": "kind == 'amount'",
        "percent_off": "kind == 'percent'",
        "shared_code": "code_mode == 'shared'",
    }
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("name", "namespace"),
                    "kind",
                    "amount_off_fen",
                    "percent_off",
                    ("threshold_fen", "most_off_fen"),
                )
            },
        ),
        (_("Codes"), {"fields": (("code_mode", "shared_code"),)}),
        (_("Where it may be used"), {"fields": (("products", "categories"),)}),
        (_("How long"), {"fields": ("valid_days", "valid_from", "valid_until")}),
        (
            _("How many"),
            {
                "fields": (
                    ("stock", "per_customer"),
                    ("budget_fen", "given_cost_fen"),
                    "unlimited",
                    "is_for_anyone",
                    "is_active",
                )
            },
        ),
    )
    panels_above = ("campaigns/batch.html",)
    panels_below = ("campaigns/batch_codes.html", "customers/uses.html")

    promised = money("promised_fen", _("promised"))
    spent = money("spent_fen", _("spent"))

    def page_context(self, request, row):
        return super().page_context(request, row) | {
            "worth": terms.value_text(row),
            "pending": row.coupons.filter(state=State.PENDING).count(),
            "products": words.products(row.products),
            "standing": [
                (label, rights.numbered(n), fen) for label, n, fen in standing.of_batch(row.pk)
            ],
        }

    @display(description=_("value"))
    def value(self, row):
        return terms.value_text(row)

    @display(description=_("issued"), ordering="issued")
    def issued_of(self, row):
        return f"{row.issued:,} / {row.stock:,}" if row.stock is not None else f"{row.issued:,}"


class Moves(ReadOnly, TabularInline):
    model = CouponMove
    fields = readonly_fields = ("at", "state", "order_number", "amount", "by")
    ordering = ("at", "pk")

    amount = money("amount_fen", _("amount"))


def is_open(coupon: Coupon) -> bool:
    return coupon.state in moves.OPEN


@admin.register(Coupon)
class CouponAdmin(Till, ReadOnly, ModelAdmin):
    """The code itself is shown to nobody but its owner."""

    list_display = (
        "number",
        "batch_link",
        "customer_link",
        "state_label",
        "issued_at",
        "expires_at",
        "order_number",
        "discount",
    )
    list_filter = ("state", "batch", ("issued_at", Days))
    search_fields = ("order_number",)
    search_help_text = _("Order number or the coupon's code")
    list_select_related = ("batch", "customer")
    ordering = ("-pk",)
    fields = (
        ("batch_link", "customer_link"),
        ("state", "issued_by"),
        ("issued_at", "claimed_at"),
        ("valid_from", "expires_at"),
        ("order_number", "reserved_until"),
        ("redeemed_at", "discount"),
    )
    readonly_fields = ("batch_link", "customer_link", "discount")
    inlines = (Moves,)
    acts = ("revoke",)

    batch_link = link("batch", _("batch"))
    customer_link = link("customer", _("customer"))
    discount = money("discount_fen", _("discount given"))
    state_label = state(
        {
            State.PENDING: "warning",
            State.ISSUED: "info",
            State.CLAIMED: "info",
            State.RESERVED: "warning",
            State.REDEEMED: "success",
            State.VOID: "danger",
            State.REVOKED: "danger",
            State.WITHDRAWN: "danger",
        }
    )

    def get_queryset(self, request):
        return super().get_queryset(request).defer("code")

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        return (
            queryset.filter(Q(order_number=term) | Q(code_digest=codes.digest(term)))
            if term
            else queryset
        ), False

    @display(description=_("coupon"), ordering="pk")
    def number(self, row):
        return f"#{row.pk}"

    @act(
        _("Revoke"),
        icon="block",
        style="danger",
        confirm=_("The customer can no longer use this coupon."),
        shown=is_open,
    )
    def revoke(self, request, coupon):
        revoked = settling.revoke([coupon.pk], by=f"user:{request.user}", now=database_now())
        AuditEntry.objects.create(
            by=request.user, act="coupon.revoke", subject=f"coupon:{coupon.pk}", details={}
        )
        self.message_user(
            request,
            ngettext("%(n)d coupon revoked.", "%(n)d coupons revoked.", revoked) % {"n": revoked},
        )
