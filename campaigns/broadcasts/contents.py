"""What a campaign would say, to whom and when: fixed at its launch, and what is approved of it."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from campaigns.broadcasts import audience, variants
from campaigns.broadcasts.variants import Variant
from campaigns.delivery import fallback, needs
from campaigns.delivery.channels import channels
from campaigns.models import Campaign, Template
from customers.models import Purpose


class CannotLaunch(ValidationError):
    """The campaign is no draft any more, its segment cannot be evaluated, or its content does not
    fit its channel or has a hole."""


def checked(campaign: Campaign) -> list[dict]:
    """Each variant as a version keeps it, with its template's texts as the channel's form cleans
    them; facts for sending are left to the sending."""
    if campaign.template is None:
        raise CannotLaunch(_("Say what they are told: choose a template."))
    if not audience.of(campaign).means_anybody:
        raise CannotLaunch(_("Say who is meant: choose a segment, or another campaign's people."))
    drafted = variants.of(campaign)
    if trouble := variants.trouble(drafted, campaign.decide_hours):
        raise CannotLaunch(trouble)
    return [
        {
            "key": one.key,
            "share": one.share,
            "hours": one.hours,
            "channel": one.template.channel,
            "content": checked_content(one),
            "alternatives": alternatives(one.template),
            "coupon": one.coupon_batch and one.coupon_batch.pk,
        }
        for one in drafted
    ]


def checked_content(one: Variant) -> dict:
    form = channels[one.template.channel].Content(one.template.content)
    if not form.is_valid():
        raise CannotLaunch([str(error) for errors in form.errors.values() for error in errors])
    check_fit(one.template, form.cleaned_data)
    given = needs.EVERYWHERE | ({"coupon"} if one.coupon_batch else set())
    texts = [*form.cleaned_data.values()]
    texts += [text for other in alternatives(one.template) for text in other["content"].values()]
    if lacking := needs.cannot_have(texts, given):
        raise CannotLaunch(
            _(
                "A message of this campaign has no %(fields)s. Give a fallback, like | default:"
                " '…', or attach a coupon."
            ),
            params={"fields": ", ".join(lacking)},
        )
    return form.cleaned_data


def check_fit(template: Template, texts: dict) -> None:
    """Its own text and those of its fallbacks may be sent for this purpose."""
    said = [(template.channel, texts)]
    said += [(other["channel"], other["content"]) for other in alternatives(template)]
    for channel, content in said:
        if channel in channels and (why := channels[channel]().unfit(content, template.purpose)):
            raise CannotLaunch(why)


def alternatives(template: Template) -> list[dict]:
    """What is sent, by which channel, to whoever the first cannot reach."""
    return fallback.alternatives(template.fallback, after=template.channel)


def described(campaign: Campaign, fixed_variants: list[dict]) -> dict:
    """All that a launch fixes, and the rule by which its segment is filled when it begins."""
    batch, whom = campaign.coupon_batch, audience.of(campaign)
    first, *others = fixed_variants
    found = {
        "name": campaign.name,
        "audience": whom.stored(),
        "audience_words": whom.words(),
        "rules": {str(one.pk): one.definition for one in whom.named_segments()},
        "channel": campaign.template.channel,
        "purpose": campaign.template.purpose,
        "texts": first["content"],
        "alternatives": first["alternatives"],
        "coupon": batch and batch.pk,
        "coupon_name": str(batch) if batch else "",
        "starts_at": campaign.starts_at,
        "schedule": campaign.schedule,
        "per_hour": campaign.per_hour,
        "is_urgent": campaign.is_urgent,
        "passes_caps": campaign.passes_caps,
        "holdout_percent": campaign.holdout_percent,
    }
    if others:
        names = {one.key: str(one.coupon_batch or "") for one in variants.of(campaign)}
        more = [one | {"coupon_name": names[one["key"]]} for one in others]
        found |= {"variants": more, "test": variants.test(campaign), "share": first["share"]}
    return found


def fixed(campaign: Campaign, fixed_variants: list[dict]) -> dict:
    """What a version keeps for the firings (slots.py)."""
    template = campaign.template
    found = {
        "v": 1,
        "audience": audience.of(campaign).stored(),
        "purpose": template.purpose,
        "variants": fixed_variants,
        "schedule": campaign.schedule,
        "per_hour": campaign.per_hour,
        "is_urgent": campaign.is_urgent and template.purpose == Purpose.SERVICE,
        "passes_caps": campaign.passes_caps,
        "holdout_percent": campaign.holdout_percent,
    }
    return found | ({"test": variants.test(campaign)} if len(fixed_variants) > 1 else {})
