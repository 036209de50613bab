"""The plain form "did A and then no B within T → a coupon and a message": for a marketer who sees it for the first time."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from campaigns.admin.content import field_help
from campaigns.admin.money import YuanField
from campaigns.delivery.channels import channels
from campaigns.journeys import definition
from campaigns.models import CouponBatch, Journey
from campaigns.recipes import absence
from crm_project.admin import Form, dressed
from crm_project.due import database_now
from customers.models import Namespace
from customers.segments.conditions.fields import UNIT_SECONDS, UNITS
from events.fields import EventNameField

CHANNEL = "in_app"
TITLE = _("{{ customer.name | default: 'Hello' }}, do you still want it?")
BODY = _(
    "{{ product.name | default: 'What you looked at' }} is waiting for you."
    "{% if coupon.code %} Here is a coupon: {{ coupon.value }}, code {{ coupon.code }}, until {{ coupon.expires }}.{% endif %}"
)


class AbsenceForm(Form):
    name = forms.CharField(label=_("name of the journey"), max_length=100)
    entered_by = EventNameField(label=_("somebody did"), initial="Product Viewed")
    ended_by = EventNameField(label=_("and then did not"), initial="Order Completed")
    within_n = forms.IntegerField(label=_("within"), min_value=1, max_value=100_000, initial=24)
    within_unit = forms.ChoiceField(label=_("unit"), choices=UNITS[:-1], initial="hours")
    same_product = forms.BooleanField(label=_("of the same product"), required=False, initial=True)

    coupon = forms.ChoiceField(
        label=_("coupon"),
        choices=[("existing", _("from a batch that exists")), ("new", _("from a new batch")), ("none", _("no coupon"))],
        initial="new",
    )
    batch = forms.ModelChoiceField(label=_("coupon batch"), queryset=CouponBatch.objects.none(), required=False, empty_label=_("Choose"))
    amount_off = YuanField(label=_("amount off (元)"), required=False, initial=500)
    threshold = YuanField(label=_("from an order of (元)"), required=False, initial=0)
    valid_days = forms.IntegerField(label=_("valid for (days)"), required=False, min_value=1, max_value=3650, initial=7)
    namespace = forms.ModelChoiceField(label=_("shop"), queryset=Namespace.objects.none(), required=False, empty_label=None)

    reentry = forms.ChoiceField(
        label=_("how often may one customer enter?"),
        choices=[
            ("once", _("once ever")),
            ("days", _("once in so many days")),
            ("key", _("once per product")),
            ("always", _("every time")),
        ],
        initial="key",
    )
    reentry_days = forms.IntegerField(label=_("days"), required=False, min_value=1, max_value=3650, initial=7)

    shown_if = {
        "batch": "coupon=existing",
        "amount_off": "coupon=new",
        "threshold": "coupon=new",
        "valid_days": "coupon=new",
        "namespace": "coupon=new",
        "reentry_days": "reentry=days",
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["batch"].queryset = CouponBatch.objects.filter(is_active=True).order_by("-pk")
        self.fields["namespace"].queryset = Namespace.objects.order_by("pk")
        self.fields["namespace"].initial = Namespace.objects.order_by("pk").first()

    def clean_name(self):
        if Journey.objects.filter(name=self.cleaned_data["name"]).exists():
            raise forms.ValidationError(_("There is a journey of this name already."))
        return self.cleaned_data["name"]

    def clean(self):
        data = super().clean()
        needed = {"existing": ("batch",), "new": ("amount_off", "valid_days", "namespace"), "none": ()}[data.get("coupon") or "none"]
        for name in needed:
            if not data.get(name) and name not in self.errors:
                self.add_error(name, _("This is needed for the coupon."))
        if data.get("entered_by") and data.get("entered_by") == data.get("ended_by"):
            self.add_error("ended_by", _("These are the same."))
        if data.get("reentry") == "days" and not data.get("reentry_days"):
            self.add_error("reentry_days", _("Say how many days."))
        return data

    def create(self, content: dict, *, by, now) -> Journey:
        """The batch, where a new one was asked for, and the journey, live. Raises InvalidJourney."""
        data = self.cleaned_data
        reentry = {"kind": data["reentry"]} | ({"days": data["reentry_days"]} if data["reentry"] == "days" else {})
        with transaction.atomic():
            return absence.create(
                name=data["name"],
                entered_by=data["entered_by"].strip(),
                ended_by=data["ended_by"].strip(),
                within_seconds=data["within_n"] * UNIT_SECONDS[data["within_unit"]],
                same_product=data["same_product"],
                coupon_batch=self.chosen_batch(),
                title=content["title"],
                body=content["body"],
                page=content.get("page", ""),
                reentry=reentry,
                by=by,
                now=now,
            )

    def chosen_batch(self) -> CouponBatch | None:
        data = self.cleaned_data
        if data["coupon"] != "new":
            return data["batch"] if data["coupon"] == "existing" else None
        return CouponBatch.objects.create(
            namespace=data["namespace"],
            name=data["name"],
            amount_off_fen=data["amount_off"],
            threshold_fen=data["threshold"] or 0,
            valid_seconds=data["valid_days"] * 86400,
            per_customer=100,  # how often somebody gets one is said by the journey
        )


def absence_view(request, model_admin):
    if not model_admin.has_add_permission(request):
        raise PermissionDenied
    posted = request.POST or None
    form = AbsenceForm(posted)
    content = dressed(channels[CHANNEL].Content(posted, prefix=CHANNEL, initial={"title": TITLE, "body": BODY}))
    if posted and form.is_valid() and content.is_valid():
        try:
            journey = form.create(content.cleaned_data, by=request.user, now=database_now())
        except definition.InvalidJourney as invalid:
            form.add_error(None, invalid.messages)
        else:
            messages.success(request, _("The journey is live. Customers enter from now on."))
            return HttpResponseRedirect(model_admin.page_of(journey))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Not followed by: coupon and message"),
        "form": form,
        "content": content,
        "field_help": field_help(),
    }
    return TemplateResponse(request, "campaigns/journeys/absence.html", context)
