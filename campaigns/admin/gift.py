"""What the plain forms share that make a journey at once: something happens → a coupon and a
message."""

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
from crm_project.admin import Form, once, themed
from crm_project.bounds import whole_in
from crm_project.queue.due import database_now
from customers.models import Namespace
from events.fields import EventNameField
from events.models import SeenEvent

CHANNEL = "in_app"


class GiftForm(Form):
    """Subclasses say who gets it: the fields of `who`, and `make` the journey of them."""

    title = who_title = note = ""
    who: tuple[str, ...] = ()
    message_title = message_body = ""
    reentries = ("once", "days", "key", "always")

    name = forms.CharField(label=_("name of the journey"), max_length=100)

    coupon = forms.ChoiceField(
        label=_("coupon"),
        choices=[
            ("existing", _("from a batch that exists")),
            ("new", _("from a new batch")),
            ("none", _("no coupon")),
        ],
        initial="new",
    )
    batch = forms.ModelChoiceField(
        label=_("coupon batch"),
        queryset=CouponBatch.objects.none(),
        required=False,
        empty_label=_("Choose"),
    )
    amount_off = YuanField(label=_("amount off (元)"), required=False, initial=500)
    threshold = YuanField(label=_("from an order of (元)"), required=False, initial=0)
    valid_days = forms.IntegerField(
        label=_("valid for (days)"), required=False, min_value=1, max_value=3650, initial=7
    )
    stock = forms.IntegerField(
        label=_("how many there are"),
        required=False,
        min_value=1,
        max_value=10_000_000,
        initial=1000,
        help_text=_("When they are gone, nobody gets one."),
    )
    per_customer = forms.IntegerField(
        label=_("how many one customer may get"),
        required=False,
        min_value=1,
        max_value=1000,
        initial=1,
        help_text=_(
            "In all, however often they enter. Whoever has had so many still gets the message,"
            " without a coupon."
        ),
    )
    namespace = forms.ModelChoiceField(
        label=_("shop"), queryset=Namespace.objects.none(), required=False, empty_label=None
    )

    reentry = forms.ChoiceField(
        label=_("how often may one customer enter?"),
        choices=[
            ("once", _("once ever")),
            ("days", _("once in so many days")),
            ("key", _("once per product")),
            ("always", _("every time")),
        ],
    )
    reentry_days = forms.IntegerField(
        label=_("days"), required=False, min_value=1, max_value=3650, initial=7
    )

    shown_if = {
        "batch": "coupon=existing",
        "amount_off": "coupon=new",
        "threshold": "coupon=new",
        "valid_days": "coupon=new",
        "stock": "coupon=new",
        "per_customer": "coupon=new",
        "namespace": "coupon=new",
        "reentry_days": "reentry=days",
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["batch"].queryset = CouponBatch.objects.filter(is_active=True).order_by("-pk")
        self.fields["namespace"].queryset = Namespace.objects.order_by("pk")
        self.fields["namespace"].initial = Namespace.objects.order_by("pk").first()
        self.fields["reentry"].choices = [
            one for one in self.fields["reentry"].choices if one[0] in self.reentries
        ]
        self.fields["reentry"].initial = self.reentries[-2]

    def clean_name(self):
        if Journey.objects.filter(name=self.cleaned_data["name"]).exists():
            raise forms.ValidationError(_("There is a journey of this name already."))
        return self.cleaned_data["name"]

    def clean(self):
        data = super().clean()
        needed = {
            "existing": ("batch",),
            "new": ("amount_off", "valid_days", "stock", "per_customer", "namespace"),
            "none": (),
        }[data.get("coupon") or "none"]
        for name in needed:
            if not data.get(name) and name not in self.errors:
                self.add_error(name, _("This is needed for the coupon."))
        if data.get("reentry") == "days" and not data.get("reentry_days"):
            self.add_error("reentry_days", _("Say how many days."))
        return data

    def create(self, content: dict, *, by, now) -> Journey:
        """The batch, where a new one was asked for, and the journey, live. Raises
        InvalidJourney."""
        data = self.cleaned_data
        reentry = {"kind": data["reentry"]} | (
            {"days": data["reentry_days"]} if data["reentry"] == "days" else {}
        )
        with transaction.atomic():
            return self.make(
                name=data["name"],
                coupon_batch=self.chosen_batch(),
                content=content,
                reentry=reentry,
                by=by,
                now=now,
            )

    def make(self, **common) -> Journey:
        raise NotImplementedError

    def unseen(self) -> list[str]:
        """Events that the journey waits for and that no source has sent yet: they may be
        misspelled."""
        fields = [name for name in self.who if isinstance(self.fields[name], EventNameField)]
        named = dict.fromkeys(self.cleaned_data[name] for name in fields)
        seen = set(
            SeenEvent.objects.filter(name__name__in=named).values_list("name__name", flat=True)
        )
        return [name for name in named if name not in seen]

    def who_fields(self) -> list:
        return [self[name] for name in self.who]

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
            stock=data["stock"],
            per_customer=data["per_customer"],
        )


def begun_with(request, kind: type[GiftForm]) -> dict:
    """What a link to the form has chosen already: a segment."""
    number = whole_in(request.GET.get("segment", ""))
    return {"segment": number} if number and "segment" in kind.base_fields else {}


@once.sent_once
def gift_view(request, model_admin, kind: type[GiftForm]):
    """The form's page; sent twice, it makes one journey."""
    if not model_admin.has_add_permission(request):
        raise PermissionDenied
    posted = request.POST or None
    form = kind(posted, initial=begun_with(request, kind))
    content = themed(
        channels[CHANNEL].Content(
            posted, prefix=CHANNEL, initial={"title": kind.message_title, "body": kind.message_body}
        )
    )
    if posted and form.is_valid() and content.is_valid():
        try:
            journey = form.create(content.cleaned_data, by=request.user, now=database_now())
        except definition.InvalidJourney as invalid:
            form.add_error(None, invalid.messages)
        else:
            once.made(request, model_admin.page_of(journey))
            messages.success(request, _("The journey is live. Customers enter from now on."))
            for name in form.unseen():
                messages.warning(
                    request,
                    _(
                        "No event “%(name)s” has come in so far: look whether it is spelled as the"
                        " source sends it."
                    )
                    % {"name": name},
                )
            return HttpResponseRedirect(model_admin.page_of(journey))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": kind.title,
        "form": form,
        "content": content,
        "field_help": field_help(),
    }
    return TemplateResponse(request, "campaigns/journeys/gift.html", context)
