"""What a campaign would say, to whom and when: fixed at its launch, and what is approved of it."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from campaigns.delivery import fallback, needs
from campaigns.delivery.channels import channels
from campaigns.models import Campaign


class CannotLaunch(ValidationError):
    """The campaign is no draft any more, its segment cannot be evaluated, or its content does not
    fit its channel or has a hole."""


def checked_content(campaign: Campaign) -> dict:
    """The template's texts as the channel's form cleans them; facts for sending are left to the
    sending."""
    form = channels[campaign.template.channel].Content(campaign.template.content)
    if not form.is_valid():
        raise CannotLaunch([str(error) for errors in form.errors.values() for error in errors])
    check_fit(campaign, form.cleaned_data)
    given = needs.EVERYWHERE | ({"coupon"} if campaign.coupon_batch else set())
    texts = [*form.cleaned_data.values()]
    texts += [text for other in alternatives(campaign) for text in other["content"].values()]
    if lacking := needs.cannot_have(texts, given):
        raise CannotLaunch(
            _(
                "A message of this campaign has no %(fields)s. Give a fallback, like | default:"
                " '…', or attach a coupon."
            ),
            params={"fields": ", ".join(lacking)},
        )
    return form.cleaned_data


def check_fit(campaign: Campaign, texts: dict) -> None:
    """Its own text and those of its fallbacks may be sent for this purpose."""
    purpose = campaign.template.purpose
    said = [(campaign.template.channel, texts)]
    said += [(other["channel"], other["content"]) for other in alternatives(campaign)]
    for channel, content in said:
        if channel in channels and (why := channels[channel]().unfit(content, purpose)):
            raise CannotLaunch(why)


def alternatives(campaign: Campaign) -> list[dict]:
    """What is sent, by which channel, to whoever the first cannot reach."""
    template = campaign.template
    return fallback.alternatives(template.fallback, after=template.channel)


def described(campaign: Campaign, texts: dict) -> dict:
    """All that a launch fixes, and the rule by which its segment is filled when it begins."""
    batch = campaign.coupon_batch
    return {
        "name": campaign.name,
        "segment": campaign.segment_id,
        "segment_name": campaign.segment.name,
        "rule": campaign.segment.definition,
        "channel": campaign.template.channel,
        "purpose": campaign.template.purpose,
        "texts": texts,
        "alternatives": alternatives(campaign),
        "coupon": batch and batch.pk,
        "coupon_name": str(batch) if batch else "",
        "starts_at": campaign.starts_at,
    }
