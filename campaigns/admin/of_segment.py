"""What marketing adds to a segment's page: whom each channel reaches, and what is begun with it."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from campaigns.delivery import reasons
from campaigns.delivery.channels import channels
from campaigns.delivery.reach import reach
from customers.admin.segment_panels import SegmentPanel, UsedIn
from customers.segments import rights, rules


class Reached(SegmentPanel):
    key, label = "reach", _("Reach")
    permission = "campaigns.view_message"
    template = "campaigns/segment_reach.html"

    def context(self, segment, members):
        return self.of(segment.definition, members)

    def of(self, definition, members):
        """Of the people of a rule, whether or not it is a segment's."""
        permissions = rules.permissions(definition)
        told = []
        for channel in channels:
            found = reach(channel, members)
            n = len(found.reached)
            is_told = not rights.is_untold(n, *permissions)
            told.append(
                {
                    "key": channel.key,
                    "label": channel.label,
                    "n": n if is_told else "",
                    "text": rights.numbered(n, *permissions),
                    "more": channel().more_of(found.reached) if is_told and n else "",
                    "percent": round(100 * n / len(members)) if members and is_told else 0,
                    "why_not": [
                        (reasons.word(reason), rights.numbered(len(who), *permissions))
                        for reason, who in found.left_out().items()
                        if who
                    ],
                }
            )
        return {"channels": told}


class InCampaign(UsedIn):
    key, label, icon = "campaign", _("Campaign"), "campaign"
    permission = "campaigns.add_campaign"

    def url(self, segment):
        return f"{reverse('admin:campaigns_campaign_add')}?segment={segment.pk}"


class InJourney(UsedIn):
    key, label, icon, permission = "journey", _("Journey"), "route", "campaigns.add_journey"

    def url(self, segment):
        return f"{reverse('admin:campaigns_journey_segment')}?segment={segment.pk}"


class WithCoupon(UsedIn):
    key, label, icon, permission = "coupon", _("Coupon"), "redeem", "campaigns.add_coupon"

    def url(self, segment):
        begin = reverse("admin:bulk_begin")
        return f"{begin}?_list=customers.customer&_act=coupon&segment={segment.pk}"
