"""What a campaign would come to, while it is still written: reach by channel with the reasons, what
is missing, what it costs, how many messages these people have had; and how it reads."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from pyroaring import BitMap

from campaigns import experiments
from campaigns.admin.content import as_shown
from campaigns.broadcasts import forecast, planning, variants
from campaigns.broadcasts.audience import Audience
from campaigns.broadcasts.variants import Variant
from campaigns.delivery import costs, fallback, preview, reasons
from campaigns.delivery.channels import channels, named
from campaigns.models import Campaign, CouponBatch, Template
from crm_project.bounds import whole_in
from crm_project.queue.due import database_now
from customers.models import Customer, Purpose
from customers.segments import rights

SEVERAL = ("more_segments", "without_segments")
FEW = 5000  # customers among whom the longest name is looked for


def typed_audience(data) -> Audience:
    """What a form that is not saved yet means; what cannot be read means nothing, and no segment
    counts that its reader may not use."""

    def one(name: str) -> int | None:
        return whole_in(data.get(name, ""))

    usable = set(rights.usable().values_list("pk", flat=True))
    several = {name: [whole_in(said) for said in data.getlist(name)] for name in SEVERAL}
    first = [one("segment"), *several["more_segments"]]
    what = data.get("after_what", "")
    known = what in Campaign.After.values
    return Audience(
        segments=tuple(dict.fromkeys(pk for pk in first if pk in usable)),
        without=tuple(pk for pk in several["without_segments"] if pk in usable),
        after=one("after") if known else None,
        after_what=what if known else "",
        store=one("store"),
        owner=one("owner"),
    )


def chain_of(template: Template | None) -> list[Template]:
    """The template and its fallbacks, each channel once."""
    return fallback.chain(template, "") if template else []


def typed_variants(data, chosen: Template | None, batch: CouponBatch | None) -> list[Variant]:
    """Those of a form that is not saved yet, each with a template of its own where one is chosen;
    none where there is nothing to say."""
    n = min(max(whole_in(data.get("variants", "")) or 1, 1), len(variants.KEYS))
    if chosen is None:
        return []

    def typed(key: str, name: str) -> int:
        return whole_in(data.get(f"{key}_{name}", "")) or 0

    keys = variants.KEYS[1:n]
    shares = variants.shared({key: min(typed(key, "share"), 98) or None for key in keys})
    found = [Variant(variants.KEYS[0], chosen, batch, 0, shares[variants.KEYS[0]])]
    for key in keys:
        template = Template.objects.filter(pk=typed(key, "template")).first()
        own = CouponBatch.objects.filter(pk=typed(key, "coupon_batch")).first()
        found.append(Variant(key, template or chosen, own, typed(key, "hours"), shares[key]))
    return found


def checked(user, data) -> dict:
    """What the page says of the form as it is typed."""
    now, audience = database_now(), typed_audience(data)
    chosen = Template.objects.filter(pk=whole_in(data.get("template", "")) or 0).first()
    batch = CouponBatch.objects.filter(pk=whole_in(data.get("coupon_batch", "")) or 0).first()
    tried = typed_variants(data, chosen, batch)
    chain = chain_of(chosen)
    purpose = chosen.purpose if chosen else Purpose.MARKETING
    passes = data.get("passes_caps") == "on"
    keys = [one.channel for one in chain]
    found = forecast.of(audience, keys, purpose, now, passes_caps=passes)
    read = [
        one | {"key": variants.name(variant.key) if len(tried) > 1 else ""}
        for variant in tried
        for one in previews(
            user,
            chain_of(variant.template),
            found.reached or found.people,
            variant.coupon_batch,
            purpose,
        )
    ]
    priced = costs_of(found, read, purpose, now)
    had = forecast.had_this_week(found.reached, now) if found.reached else {}
    test = planning.Test.typed(data, tried, held_percent(data, purpose, found))
    return {
        "missing": missing(audience, chosen) + odd(data, tried),
        "held_out": held_out(test.held, found),
        "proposed": not data.get("holdout_percent", "").strip(),
        "people": rights.figure(len(found.people)),
        "purpose": purpose,
        "channels": [told(key, who, found, priced) for key, who in found.sent.items()],
        "not_sent": why_not(found.not_sent),
        "cost": costs.yuan(sum(priced.values())) if priced else "",
        "had": [(n, rights.numbered(had[n])) for n in range(6) if had.get(n)],
        "coupons_short": short(tried, test, found),
        "previews": read,
        "variants": of_variants(tried, test, found),
        "plans": planning.said(test, found, keys, now) if found.people and tried else [],
    }


def odd(data, tried: list[Variant]) -> list[str]:
    """Why the variants cannot be compared."""
    hours = whole_in(data.get("decide_hours", "")) or 0
    trouble = variants.trouble(tried, hours)
    return [trouble] if trouble else []


def of_variants(tried: list[Variant], test: planning.Test, found: forecast.Forecast) -> dict:
    """About how many get each; who they are is drawn when it begins."""
    if len(tried) < 2:
        return {}
    reached = len(found.reached) * (100 - test.held) / 100
    rows = [
        {
            "name": variants.name(one.key),
            "template": one.template,
            "coupon": one.coupon_batch or "",
            "hours": one.hours,
            "share": one.share,
            "people": rights.numbered(round(reached * test.part(one.key) / 100)),
        }
        for one in tried
    ]
    rest = reached * (100 - test.percent) / 100
    return {"rows": rows, "rest": rights.numbered(round(rest)) if rest else ""}


def costs_of(found: forecast.Forecast, read: list[dict], purpose: str, now) -> dict[str, int]:
    """By channel, in 1/100 fen; in the parts of the longest text as it was filled in, where a
    channel has parts."""
    priced = forecast.cost(found, {}, now)
    most: dict[str, int] = {}
    for one in read:
        content = one["preview"].get("content")
        told = content and channels[one["channel"]]().forecast(content, purpose)
        if told and told[1] is not None:
            key = one["channel"]
            most[key] = max(most.get(key, 0), told[1])
            priced[key] = len(found.sent.get(key, ())) * most[key]
    return priced


def missing(audience: Audience, template: Template | None) -> list[str]:
    found = []
    if not audience.means_anybody:
        found.append(_("Say who is meant: choose a segment, or another campaign's people."))
    if template is None:
        found.append(_("Say what they are told: choose a template."))
    return found


def told(key: str, who: BitMap, found: forecast.Forecast, priced: dict) -> dict:
    everybody = len(found.people)
    n = rights.figure(len(who))
    return {
        "key": key,
        "label": named(key),
        "n": n[0],
        "text": n[1],
        "percent": round(100 * len(who) / everybody) if everybody and n[0] != "" else 0,
        "cost": costs.yuan(priced[key]) if key in priced else "",
        "against": why_not(found.by_channel.get(key, {})),
    }


def why_not(by_reason: dict[str, BitMap]) -> list[tuple[str, str]]:
    return [
        (reasons.word(reason), rights.numbered(len(who)))
        for reason, who in sorted(by_reason.items(), key=lambda pair: -len(pair[1]))
        if who
    ]


def held_percent(data, purpose: str, found: forecast.Forecast) -> int:
    """How many percent this campaign holds out by itself: as typed, else as is proposed."""
    if purpose != Purpose.MARKETING:
        return 0
    typed = data.get("holdout_percent", "").strip()
    percent = whole_in(typed) if typed else experiments.proposed_holdout(len(found.people))
    return percent if percent is not None and 0 <= percent <= 90 else 0


def held_out(percent: int, found: forecast.Forecast) -> str:
    """About how many; who they are is drawn when it begins."""
    return rights.numbered(round(len(found.people) * percent / 100)) if percent else ""


def short(tried: list[Variant], test: planning.Test, found: forecast.Forecast) -> list[str]:
    """Of which batch the coupons do not go round."""
    wanted: dict[CouponBatch, float] = {}
    for one in tried:
        if one.coupon_batch and one.coupon_batch.stock is not None:
            part = test.part(one.key) if len(tried) > 1 else 100
            wanted[one.coupon_batch] = wanted.get(one.coupon_batch, 0) + part
    return [
        said
        for batch, percent in wanted.items()
        if (said := lacking(batch, round(len(found.reached) * percent / 100)))
    ]


def lacking(batch: CouponBatch, people: int) -> str:
    left = max(batch.stock - batch.issued, 0)
    if people <= left:
        return ""
    said = ngettext(
        "The batch has %(left)s coupon left: %(lacking)s of these people get neither it nor the"
        " message.",
        "The batch has %(left)s coupons left: %(lacking)s of these people get neither one nor the"
        " message.",
        left,
    )
    return said % {"left": f"{left:,}", "lacking": rights.numbered(people - left)}


def previews(user, chain: list[Template], people: BitMap, batch, purpose: str) -> list[dict]:
    """Each channel's text, as somebody of them reads it and as the one with the longest name."""
    found = []
    for whose, customer in readers(user, people):
        for one in chain:
            kind = channels.by_key.get(one.channel)
            filled = preview.filled(
                one.content,
                user=user,
                customer=customer,
                batch=batch,
                is_markup=bool(kind and kind.is_markup),
            )
            shown = as_shown(filled, one.channel, purpose)
            label = {"channel": one.channel, "label": named(one.channel)}
            found.append({**label, "whose": whose, "preview": shown})
    return found


def readers(user, people: BitMap) -> list[tuple[str, Customer | None]]:
    if not preview.may_see(user, "customer"):
        return [(_("as somebody of whom nothing is known"), None)]
    some = Customer.objects.filter(pk__in=people[:FEW])
    named_ones = sorted(some.exclude(name="").order_by("pk"), key=lambda one: len(one.name))
    if not named_ones:
        return [(_("as somebody without a name"), some.order_by("pk").first())]
    first = named_ones[len(named_ones) // 2]
    longest = named_ones[-1]
    rows = [(_("as %(customer)s reads it") % {"customer": first}, first)]
    if longest != first:
        rows.append((_("the longest name: %(customer)s") % {"customer": longest}, longest))
    return rows
