"""What this room lets staff do from a customer's page: send a message, write down that they want no
more, issue a coupon, begin a journey."""

from django import forms
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.coupons import terms
from campaigns.delivery import content, reasons
from campaigns.delivery.channels import channels, named
from campaigns.journeys import starting, telling
from campaigns.models import CouponBatch, Journey, Template
from campaigns.profile import by_hand
from customers.models import Purpose
from customers.privacy import consent
from customers.profile.actions import Action, ActionRefused, OnceForm


class MessageForm(OnceForm):
    """A template as it is, or a text written here in the channel's own fields (`texts`, by
    channel)."""

    purpose = forms.ChoiceField(
        label=gettext_lazy("purpose"),
        choices=Purpose.choices,
        initial=Purpose.SERVICE,
        help_text=gettext_lazy(
            "Service answers the customer; whatever advertises is marketing and needs their"
            " consent."
        ),
    )
    template = forms.ModelChoiceField(
        label=gettext_lazy("template"),
        queryset=Template.objects.order_by("name"),
        required=False,
        empty_label=gettext_lazy("none: I write it here"),
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("channel"), choices=lambda: [(c.key, c.label) for c in channels]
    )

    shown_if = {"channel": "template="}

    def __init__(self, data=None, *args, **kwargs):
        super().__init__(data, *args, **kwargs)
        self.fields["channel"].required = False
        chosen = data.get("channel", "") if data and not data.get("template") else ""
        # Only one of them is on the screen, and the browser would insist on the required fields of
        # the hidden ones.
        self.texts = {
            c.key: c.Content(
                data if c.key == chosen else None, prefix=c.key, use_required_attribute=False
            )
            for c in channels
        }

    def clean(self):
        data = super().clean()
        if template := data.get("template"):
            return data | {"channel": template.channel, "content": template.content}
        if data.get("channel") not in self.texts:
            raise forms.ValidationError(_("Choose a template, or a channel and a text."))
        written = self.texts[data["channel"]]
        if not written.is_valid():
            raise forms.ValidationError(_("The text is not complete yet."))
        purpose = data.get("purpose", Purpose.SERVICE)
        if why := channels[data["channel"]]().unfit(written.cleaned_data, purpose):
            raise forms.ValidationError(why)
        return data | {
            "content": {name: text for name, text in written.cleaned_data.items() if text}
        }


class SendMessage(Action):
    key, label, icon = "message", gettext_lazy("Message"), "send"
    permission = "campaigns.add_message"
    button = gettext_lazy("Look it over")
    template = "campaigns/actions/message.html"
    Form = MessageForm

    def parts(self, form):
        return [form, *form.texts.values()]

    def review(self, data, now):
        try:
            read = by_hand.as_read(self.customer, data["content"], channel=data["channel"])
        except content.BrokenContent as broken:
            raise ActionRefused(
                _("This text cannot be filled in: %(why)s") % {"why": broken}
            ) from broken
        kind = channels[data["channel"]]
        verdict = by_hand.foreseen(
            self.customer, channel=data["channel"], purpose=data["purpose"], now=now
        )
        return {
            "template": "campaigns/actions/message_review.html",
            "button": _("Send"),
            "channel": kind.label,
            "preview_template": kind.preview_template,
            "shown": kind().shown(read, data["purpose"]),
            "purpose": Purpose(data["purpose"]).label,
            "why_not": verdict and reasons.word(verdict.reason),
            "until": verdict and verdict.until,
        }

    def carry_out(self, data, now):
        once = {"key": data["once"], "by": self.user, "now": now}
        by_hand.send(
            self.customer, data["content"], channel=data["channel"], purpose=data["purpose"], **once
        )
        return _("The message is on its way; the story shows what became of it.")


class NoMarketing(Action):
    """What somebody says at the counter or on the phone: no more advertising. Staff write down a
    refusal, never an agreement: that is the customer's own to give."""

    key, label, icon = "no-marketing", gettext_lazy("No more marketing"), "unsubscribe"
    permission = "customers.add_consent"
    button, style = gettext_lazy("Write the refusal down"), "danger"
    note = gettext_lazy(
        "Nothing that advertises is sent this way any more, also nothing that waits already; what"
        " belongs to a booking or an order still is. Only the customer can agree again."
    )

    class Form(forms.Form):
        channels = forms.MultipleChoiceField(
            label=gettext_lazy("channels"),
            choices=lambda: [(c.key, c.label) for c in channels],
            initial=lambda: [c.key for c in channels],
            widget=forms.CheckboxSelectMultiple,
        )
        how = forms.CharField(
            label=gettext_lazy("how they said it"),
            max_length=200,
            help_text=gettext_lazy("Such as: at the counter, on the phone. Kept as the proof."),
        )

    def carry_out(self, data, now):
        refused = consent.refuse(
            self.customer,
            data["channels"],
            proof=data["how"],
            by=self.user,
            now=now,
        )
        if not refused:
            raise ActionRefused(_("They had refused all of these already."))
        return _("It is written down: no more marketing by %(channels)s.") % {
            "channels": ", ".join(str(named(channel)) for channel in refused)
        }


class IssueCoupon(Action):
    key, label, icon = "coupon", gettext_lazy("Coupon"), "redeem"
    permission = "campaigns.add_coupon"
    button = gettext_lazy("Issue the coupon")

    class Form(OnceForm):
        batch = forms.ModelChoiceField(
            label=gettext_lazy("coupon batch"),
            queryset=CouponBatch.objects.none(),
            empty_label=None,
        )

        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            left = Q(stock=None) | Q(issued__lt=F("stock"))
            self.fields["batch"].queryset = CouponBatch.objects.filter(
                left, is_active=True
            ).order_by("-pk")
            self.fields["batch"].label_from_instance = lambda batch: (
                f"{batch.name} · {terms.value_text(batch)}"
            )

    def carry_out(self, data, now):
        try:
            coupon = by_hand.issue_coupon(
                self.customer, data["batch"], key=data["once"], by=self.user, now=now
            )
        except by_hand.NotIssued as refused:
            raise ActionRefused(reasons.word(f"{reasons.COUPON}{refused.reason}")) from refused
        return _("A coupon of “%(name)s” is issued.") % {"name": coupon.batch.name}


class StartJourney(Action):
    key, label, icon = "journey", gettext_lazy("Journey"), "route"
    permission = "campaigns.add_run"
    button = gettext_lazy("Next")

    class Form(forms.Form):
        journey = forms.ModelChoiceField(
            label=gettext_lazy("journey"), queryset=Journey.objects.none(), empty_label=None
        )

        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.fields["journey"].queryset = Journey.objects.filter(
                status=Journey.Status.LIVE
            ).order_by("name")

    def review(self, data, now):
        published = data["journey"].published.definition
        return {
            "template": "campaigns/actions/journey_review.html",
            "button": _("Start the journey"),
            "journey": data["journey"],
            "sentence": telling.sentence(published),
            "reentry": published["reentry"],
        }

    def carry_out(self, data, now):
        if starting.by_hand(data["journey"], self.customer, by=self.user, now=now) is None:
            raise ActionRefused(
                _("They were in this journey already, and its rule lets nobody in twice so soon.")
            )
        return _("The journey has begun for this customer.")
