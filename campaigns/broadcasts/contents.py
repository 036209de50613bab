"""What a campaign would say, to whom and when: fixed at its launch, and what is approved of it."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from campaigns.broadcasts import audience
from campaigns.delivery import fallback, needs
from campaigns.delivery.channels import channels
from campaigns.models import Campaign
from customers.models import Purpose


class CannotLaunch(ValidationError):
    """The campaign is no draft any more, its segment cannot be evaluated, or its content does not
    fit its channel or has a hole."""


def checked_content(campaign: Campaign) -> dict:
    """The template's texts as the channel's form cleans them; facts for sending are left to the
    sending."""
    if campaign.template is None:
        raise CannotLaunch(_("Say what they are told: choose a template."))
    if not audience.of(campaign).means_anybody:
        raise CannotLaunch(_("Say who is meant: choose a segment, or another campaign's people."))
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
    batch, whom = campaign.coupon_batch, audience.of(campaign)
    return {
        "name": campaign.name,
        "audience": whom.stored(),
        "audience_words": whom.words(),
        "rules": {str(one.pk): one.definition for one in whom.named_segments()},
        "channel": campaign.template.channel,
        "purpose": campaign.template.purpose,
        "texts": texts,
        "alternatives": alternatives(campaign),
        "coupon": batch and batch.pk,
        "coupon_name": str(batch) if batch else "",
        "starts_at": campaign.starts_at,
        "schedule": campaign.schedule,
        "per_hour": campaign.per_hour,
        "is_urgent": campaign.is_urgent,
        "passes_caps": campaign.passes_caps,
        "holdout_percent": campaign.holdout_percent,
    }


def fixed(campaign: Campaign, texts: dict) -> dict:
    """What a version keeps for the firings (slots.py): one variant, for everybody."""
    template = campaign.template
    variant = {
        "key": "a",
        "share": 100,
        "channel": template.channel,
        "content": texts,
        "alternatives": alternatives(campaign),
        "coupon": campaign.coupon_batch_id,
    }
    return {
        "v": 1,
        "audience": audience.of(campaign).stored(),
        "purpose": template.purpose,
        "variants": [variant],
        "schedule": campaign.schedule,
        "per_hour": campaign.per_hour,
        "is_urgent": campaign.is_urgent and template.purpose == Purpose.SERVICE,
        "passes_caps": campaign.passes_caps,
        "holdout_percent": campaign.holdout_percent,
    }
