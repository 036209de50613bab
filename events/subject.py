"""Events themselves: what this subject adds to the product (crm_project/subjects.py)."""

SEGMENT_CONDITIONS = [
    "events.segment_conditions.behaviour.DidEvent",
    "events.segment_conditions.behaviour.EventNumber",
    "events.segment_conditions.first_last.FirstDid",
    "events.segment_conditions.first_last.LastDid",
    "events.segment_conditions.habits.StoppedDoing",
    "events.segment_conditions.habits.RestartedDoing",
    "events.segment_conditions.habits.RegularlyDid",
    "events.segment_conditions.pairs.Sequence",
    "events.segment_conditions.pairs.DidNotFollow",
]
SEGMENT_STARTS = [
    "events.segment_conditions.starts.ViewedAndDidNotBuy",
    "events.segment_conditions.starts.Silent",
]
SUGGESTIONS = [
    "events.suggestions.EventNames",
    "events.suggestions.EventProperties",
    "events.suggestions.EventValues",
]
TIMELINE = [(70, "events.profile.timeline_sources.Events")]
EXPORTS = ["events.privacy.exporting.OfOrders"]
ERASERS = [(20, "events.privacy.erasing.Books")]
RETENTION = [
    "events.privacy.retention.Events",
    "events.privacy.retention.OddEvents",
    "events.privacy.retention.StuckReactions",
    "events.privacy.retention.Ledger",
]
NORMALISERS = ["events.privacy.respelling.OfEvents"]
AFTER_RESTORE = [(30, "events.cursor.forget_transactions")]
