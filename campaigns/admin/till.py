"""The till: staff look a coupon up by its code, typed or read by a camera, and redeem it on an
order."""

from django import forms
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import coupons
from campaigns.admin.money import YuanField
from campaigns.coupons import CouponRefused, codes, issuing, moves, pictures, terms
from campaigns.models import Coupon, CouponBatch
from crm_project.admin import once
from crm_project.admin.themed_forms import Form
from crm_project.queue.due import database_now
from crm_project.web.sizes import takes_files
from customers.models import AuditEntry, Customer
from customers.profile.search import search
from events import words
from events.models import Order

RIGHT = "campaigns.change_coupon"
MOST_UNKNOWN = 20  # codes that nobody has, of one person in a minute
MINUTE = 60
WHY = {
    "customer_needed": gettext_lazy("Say whose order it is: the code is for everybody, once each."),
    "no_codes": gettext_lazy("None are left."),
    "not_vouched": gettext_lazy("Nobody vouches for this customer."),
    "out_of_stock": gettext_lazy("None are left."),
    "over_budget": gettext_lazy("Its budget is used up."),
    "per_customer": gettext_lazy("This customer has had as many as one may."),
    "already_redeemed": gettext_lazy("It was redeemed already, on the order %(order)s."),
    "already_reserved": gettext_lazy("The order %(order)s holds it."),
    "below_threshold": gettext_lazy("The order is too small for it."),
    "expired": gettext_lazy("It has expired."),
    "not_for_these_products": gettext_lazy("It is not for what was bought."),
    "not_yet_valid": gettext_lazy("It is not valid yet."),
    "revoked": gettext_lazy("It was revoked."),
    "void": gettext_lazy("It is void after a refund."),
}


class RedeemForm(Form):
    order_number = forms.CharField(label=gettext_lazy("order"), max_length=100)
    total = YuanField(
        label=gettext_lazy("total of the order (元)"),
        required=False,
        help_text=gettext_lazy("Empty where we know the order."),
    )
    product = forms.CharField(
        label=gettext_lazy("product"),
        max_length=128,
        required=False,
        help_text=gettext_lazy("Its id, for a coupon that is for some products only."),
    )
    customer = forms.CharField(
        label=gettext_lazy("customer"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Phone or member id; empty where we know the order."),
    )


class Till:
    """For the admin of coupons."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.till_view)
        return [path("till/", view, name="campaigns_coupon_till"), *super().get_urls()]

    @takes_files
    def till_view(self, request):
        if not request.user.has_perm(RIGHT):
            raise PermissionDenied
        if request.method == "POST" and "redeem" in request.POST:
            return once.once(request, lambda: self.redeemed(request))
        if request.method == "POST" and "read" in request.POST:
            return self.till_page(request, in_picture(request))
        return self.till_page(request, found(request, request.POST.get("code", "")))

    def till_page(self, request, looked_up: dict, form=None):
        context = {
            **self.admin_site.each_context(request),
            "title": _("Redeem a coupon"),
            "form": form or RedeemForm(),
            **looked_up,
        }
        return TemplateResponse(request, "campaigns/till.html", context)

    def redeemed(self, request):
        looked_up = found(request, request.POST.get("code", ""))
        form = RedeemForm(request.POST)
        batch = looked_up.get("batch")
        if batch is None or not form.is_valid():
            return self.till_page(request, looked_up, form)
        data = form.cleaned_data
        total, lines = bought(batch, data)
        whose, is_nobody = (
            named(request, data["customer"]) if looked_up["is_shared"] else (None, False)
        )
        if is_nobody:
            form.add_error("customer", _("This is not one customer."))
            return self.till_page(request, looked_up, form)
        if total is None:
            form.add_error("total", _("We do not know this order: say its total."))
            return self.till_page(request, looked_up, form)
        now = database_now()
        try:
            used = coupons.redeem(
                code=looked_up["code"],
                namespace=batch.namespace,
                order_number=data["order_number"],
                total_fen=total,
                lines=lines,
                now=now,
                by=f"user:{request.user}",
                customer=whose,
            )
        except CouponRefused as refused:
            form.add_error(None, why(refused))
            return self.till_page(request, looked_up, form)
        AuditEntry.objects.create(
            by=request.user,
            act="coupon.redeem",
            subject=f"coupon:{used.pk}",
            details={"order": data["order_number"]},
        )
        said = _("Redeemed: ¥%(off)s off.") % {"off": terms.yuan(used.discount_fen)}
        self.message_user(request, said)
        page = reverse("admin:campaigns_coupon_till")
        once.made(request, page)
        return HttpResponseRedirect(page)


def in_picture(request) -> dict:
    """The coupon whose code the photo shows; or what is wrong with the photo."""
    photo = request.FILES.get("photo")
    if photo is None:
        return {"problem": _("Choose a picture.")}
    try:
        return found(request, pictures.read(photo.read(pictures.MOST_BYTES + 1)))
    except pictures.NoCode as problem:
        return {"problem": str(problem)}


def found(request, typed: str) -> dict:
    """The coupon of this code, with what it is worth; or what is wrong with the code."""
    code = code_in(typed)
    if not code:
        return {}
    key = f"till:{request.user.pk}:{int(database_now().timestamp()) // MINUTE}"
    if cache.get(key, 0) >= MOST_UNKNOWN:
        return {"code": code, "problem": _("Too many unknown codes: wait a minute.")}
    coupon = (
        Coupon.objects.filter(code_digest=codes.digest(code))
        .exclude(state__in=moves.UNSEEN)
        .select_related("batch__namespace", "customer")
        .defer("code")
        .first()
    )
    everybodys = CouponBatch.objects.filter(shared_digest=codes.digest(code))
    batch = coupon.batch if coupon else everybodys.select_related("namespace").first()
    if batch is None:
        cache.set(key, cache.get(key, 0) + 1, 2 * MINUTE)
        return {"code": code, "problem": _("There is no coupon with this code.")}
    now = database_now()
    return {
        "code": code,
        "coupon": coupon,
        "batch": batch,
        "is_shared": coupon is None,
        "until": coupon.expires_at if coupon else issuing.expiry(batch, now),
        "worth": terms.value_text(batch),
        "is_open": coupon.state in moves.OPEN and coupon.expires_at > now
        if coupon
        else not issuing.closed(batch, now),
        "products": words.products(batch.products),
        "categories": batch.categories,
        "is_scoped": bool(batch.products or batch.categories),
    }


def named(request, term: str) -> tuple[int | None, bool]:
    """The one customer that was named, and whether the name is of none or of several."""
    term = term.replace("\x00", "").strip()
    if not term:
        return None, False
    found = list(search(Customer.objects.alive(), term, request.user).order_by("-pk")[:2])
    return (found[0].pk, False) if len(found) == 1 else (None, True)


def code_in(typed: str) -> str:
    """Of what a camera read: an address may end in the code."""
    text = typed.replace("\x00", "").strip()[:500].rstrip("/")
    return text.rsplit("/", 1)[-1].rsplit("=", 1)[-1][:100]


def bought(batch: CouponBatch, data: dict) -> tuple[int | None, list[dict]]:
    """The order's total and lines: as we know it, else as it was typed."""
    order = Order.objects.filter(namespace=batch.namespace, number=data["order_number"]).first()
    if order is not None and data["total"] is None:
        lines = [
            {
                "product_id": line.product_id,
                "category": line.category,
                "price_fen": line.price_fen,
                "quantity": line.quantity,
            }
            for line in order.lines.all()
        ]
        return order.total_fen, lines
    if data["total"] is None:
        return None, []
    product = data["product"].strip()
    lines = [{"product_id": product, "price_fen": data["total"], "quantity": 1}] if product else []
    return data["total"], lines


def why(refused: CouponRefused) -> str:
    said = WHY.get(refused.code, refused.code)
    return str(said) % {"order": refused.order_number or "–"}
