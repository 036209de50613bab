"""The plain form "somebody enters (or leaves) a segment → a coupon and a message"."""

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.admin.gift import GiftForm
from campaigns.journeys.triggers import OnSegment
from campaigns.recipes import gift
from customers.models import Segment
from customers.segments import rights


class SegmentEnteredForm(GiftForm):
    title = _("A segment is entered or left: coupon and message")
    who_title = _("Who: enters or leaves a segment")
    note = _(
        "Somebody becomes one of a segment, or ceases to be: by what they do, or because time"
        " passes. Then they get a coupon and a message. Who is in the segment already gets nothing:"
        " for them there are campaigns."
    )
    who = ("segment", "change")
    message_title = _("{{ customer.name | default: 'Hello' }}, something for you")
    message_body = _(
        "Nice to have you with us.{% if coupon.code %} Here is a coupon: {{ coupon.value }}, code"
        " {{ coupon.code }}, until {{ coupon.expires }}.{% endif %}"
    )
    reentries = ("once", "days", "always")

    segment = forms.ModelChoiceField(
        label=_("segment"), queryset=Segment.objects.order_by("name"), empty_label=_("Choose")
    )
    change = forms.ChoiceField(
        label=_("what happens"), choices=OnSegment.base_fields["change"].choices, initial="entered"
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["segment"].queryset = rights.usable().order_by("name")

    def make(self, *, content, **common):
        data = self.cleaned_data
        return gift.create(
            description=_("Made with the form “a segment is entered or left”."),
            trigger={
                "trigger": "segment",
                "fields": {"segment": data["segment"].pk, "change": data["change"]},
            },
            content={
                "title": content["title"],
                "body": content["body"],
                "page": content.get("page", ""),
            },
            **common,
        )
