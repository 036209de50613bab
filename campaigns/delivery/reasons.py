"""Why a message was not sent, or waits, in words; the stored reasons are stable and read by
machines too."""

from django.utils.translation import gettext_lazy as _

from campaigns.delivery import needs

WORDS = {
    "authorization_revoked": _("withdrew their authorisation in WeChat"),
    "bad_value": _("a value does not fit the WeChat template"),
    "batch_inactive": _("the coupon batch is not active"),
    "booking_cancelled": _("the booking was cancelled"),
    "booking_moved": _("the booking was moved: it is reminded of anew"),
    "booking_past": _("the booking has begun already"),
    "coupon_used": _("the coupon is used or gone"),
    "bounced": _("it came back"),
    "cap_day": _("has had enough today"),
    "cap_hour": _("has had enough this hour"),
    "cap_minute": _("has had enough this minute"),
    "cap_month": _("has had enough this month"),
    "cap_week": _("has had enough this week"),
    "campaign_cancelled": _("the campaign was cancelled"),
    "complained": _("called it spam"),
    "content": _("the text could not be filled in"),
    "customer_busy": _("another message is just being sent"),
    "duplicate": _("got the same text within a day"),
    "gave_up": _("given up after many tries"),
    "erased": _("asked to be forgotten"),
    "holdout": _("control group"),
    "limited": _("WeChat sends this only so often, and they have had it"),
    "left_by_move": _("taken out when the journey's version changed"),
    "late": _("too late after a pause"),
    "left_journey": _("left the journey before"),
    "minor": _("is under 18"),
    "merged": _("merged with another customer"),
    "no_answer": _("the provider did not answer"),
    "no_grant": _("has not subscribed to this message, or has had it"),
    "no_template": _("WeChat has no such template any more"),
    "not_subscribed_for": _("subscribed to something else by this template"),
    "not_chosen": _("was not in the test, and nothing was sent to the rest"),
    "nobody_sent": _("nobody sent it in time"),
    "no_consent": _("has not agreed"),
    "quiet_hours": _("quiet hours"),
    "sms_abroad": _("the number is abroad, which the account does not allow"),
    "sms_emoji": _("a value has an emoji, which the provider does not send"),
    "sms_link": _("a value holds a link, which the provider does not send"),
    "sms_long": _("a value is longer than the provider allows"),
    "sms_purpose": _("the provider's template is for another purpose"),
    "sms_sign": _("the signature is not approved or not filed yet"),
    "sms_template": _("no approved template of the provider says this"),
    "sms_too_long": _("the text is too long for a short message"),
    "sms_value": _("a value holds what the provider does not send"),
    "restored": _("may have been sent before the restore"),
    "send_anyway": _("leaves when sending goes on after the restore"),
    "refused": _("the provider refused it"),
    "taken_out": _("taken out by hand"),
    "stopped": _("all marketing is stopped"),
    "stop_called_off": _("called off while all marketing was stopped"),
    "step_failed": _("the step went wrong and was skipped"),
    "suppressed": _("wants nothing on this channel"),
    "test_address": _("the test's address is not confirmed as its author's"),
    "temporary": _("the provider asks to try later"),
    "unsubscribed": _("unsubscribed"),
    "unreachable": _("cannot be reached on this channel"),
    "worker_died": _("the sender was interrupted"),
}
COUPON, CAP = "coupon_", "cap_"


def word(reason: str) -> str:
    """The reason as a marketer reads it; one nobody has words for stays as it is."""
    if reason.startswith(COUPON):
        return _("no coupon: %(why)s") % {
            "why": COUPONS.get(reason.removeprefix(COUPON), reason.removeprefix(COUPON))
        }
    if reason.startswith(needs.REASON):
        return _("the field %(name)s is empty") % {"name": reason.removeprefix(needs.REASON)}
    if reason.startswith(CAP) and reason not in WORDS:
        return _("has had enough for the time being")
    return WORDS.get(reason, reason)


COUPONS = {
    "batch_inactive": _("the batch is not active"),
    "over_budget": _("the budget is used up"),
    "not_valid": _("the batch is no longer valid"),
    "not_vouched": _("only a public key has named this customer, no server of yours"),
    "per_customer": _("has had as many as one customer may"),
    "no_codes": _("no code of the file is left"),
    "out_of_stock": _("none are left"),
    "shared_code": _("the batch has one code for everybody: write it into the text"),
    "revoked": _("it was revoked"),
}
