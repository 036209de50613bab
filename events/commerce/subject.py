"""Orders, refunds, bookings, measurements, the catalogue: what this subject adds to the product
(crm_project/subjects.py)."""

SEGMENT_CONDITIONS = [
    "events.segment_conditions.orders.Ordered",
    "events.segment_conditions.orders.Bought",
    "events.segment_conditions.orders.Refunded",
    "events.segment_conditions.bookings.Booked",
    "events.segment_conditions.booked_on.BookedOn",
    "events.segment_conditions.measurements.Measured",
]
SEGMENT_STARTS = [
    "events.segment_conditions.starts.BoughtLately",
    "events.segment_conditions.starts.FirstOrder",
    "events.segment_conditions.starts.BigSpender",
]
SUGGESTIONS = [
    "events.suggestions.Products",
    "events.suggestions.Bookables",
    "events.suggestions.Categories",
    "events.suggestions.Goods",
    "events.suggestions.MeasurementKinds",
    "events.suggestions.BookingResources",
    "events.suggestions.BookingPlaces",
]
FIGURES = ["events.insights.figures.Orders"]
PROFILE_PANELS = [
    (100, "events.profile.panels.Orders"),
    (110, "events.profile.panels.Bookings"),
    (120, "events.profile.panels.Measurements"),
]
PROFILE_ACTIONS = [(55, "events.admin.answering.AnswerBooking")]
TIMELINE = [
    (80, "events.profile.timeline_sources.Orders"),
    (90, "events.profile.timeline_sources.Refunds"),
    (100, "events.profile.timeline_sources.Bookings"),
    (110, "events.profile.timeline_sources.Measurements"),
]
FINDERS = ["events.profile.finders.ByOrder", "events.profile.finders.ByBooking"]
DUE_TODAY = ["events.commerce.bookings.due_today"]
RETENTION = [
    "events.privacy.retention.Orders",
    "events.privacy.retention.Refunds",
    "events.privacy.retention.Bookings",
    "events.privacy.retention.Measurements",
]
