"""What a campaign would cost, before it is launched."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.delivery import costs
from campaigns.delivery.channels import channels
from campaigns.models import Campaign
from customers.segments import rights, rules


def forecast(campaign: Campaign, preview: dict) -> str:
    """In words, from the text as the preview fills it in; "" where its channel costs nothing. The
    whole segment is counted: whoever cannot be reached or has not agreed costs nothing."""
    key, purpose = campaign.template.channel, campaign.template.purpose
    if key not in channels or not preview.get("content"):
        return ""
    found = channels[key]().forecast(preview["content"], purpose)
    if found is None:
        return ""
    parts, each = found
    said = ngettext("Each message is %(n)d part", "Each message is %(n)d parts", parts) % {
        "n": parts
    }
    if each is None:
        return _("%(parts)s; what a part costs is not set (Prices of sending).") % {"parts": said}
    segment = campaign.segment
    if not segment.evaluated_at or rights.is_untold(
        segment.size, *rules.permissions(segment.definition)
    ):
        return _("%(parts)s and costs %(each)s.") % {"parts": said, "each": costs.yuan(each)}
    total = costs.yuan(each * segment.size)
    return _("%(parts)s and costs %(each)s: at most %(total)s for all of the segment.") % {
        "parts": said,
        "each": costs.yuan(each),
        "total": total,
    }
