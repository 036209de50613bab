"""Messages, consent to be written to: what this subject adds to the product
(crm_project/subjects.py)."""

SEGMENT_CONDITIONS = [
    "campaigns.segment_conditions.Messaged",
    "campaigns.segment_told.WasTold",
    "campaigns.segment_conditions.Consented",
    "campaigns.segment_conditions.Reachable",
]
SEGMENT_STARTS = ["campaigns.segment_starts.OpensNothing"]
FIGURES = [
    "campaigns.reports.figures.Messages",
    "campaigns.reports.figures.Attributed",
    "campaigns.reports.figures.Reports",
]
PROFILE_PANELS = [
    (90, "campaigns.profile.panels.Consents"),
    (130, "campaigns.profile.panels.Messages"),
]
PROFILE_ACTIONS = [
    (60, "campaigns.profile.profile_actions.SendMessage"),
    (65, "campaigns.profile.profile_actions.NoMarketing"),
]
TIMELINE = [
    (20, "campaigns.profile.timeline_sources.Consents"),
    (140, "campaigns.profile.timeline_sources.Messages"),
]
USES = ["campaigns.uses.by_marketing"]
EXPORTS = ["campaigns.privacy.exporting.OfSending"]
APPROVALS = ["campaigns.delivery.trying.TestPersons"]
MESSAGE_CHECKS = ["campaigns.delivery.trying.OnlyToThemselves"]
ERASERS = [(10, "campaigns.privacy.erasing.Accounts")]
RETENTION = [
    "campaigns.privacy.retention.Messages",
    "campaigns.privacy.retention.MessageContents",
    "campaigns.privacy.retention.Refusals",
    "campaigns.privacy.retention.TestPersons",
    "campaigns.privacy.retention.Links",
    "campaigns.privacy.retention.EarlyReceipts",
]
AFTER_RESTORE = [(40, "campaigns.restored.hold")]
OUTCOMES = [
    "campaigns.delivery.outcomes.delivered.Delivered",
    "campaigns.delivery.outcomes.opened.Opened",
    "campaigns.delivery.outcomes.clicked.Clicked",
    "campaigns.delivery.outcomes.by_machine.OpenedByMachine",
    "campaigns.delivery.outcomes.by_machine.ClickedByMachine",
    "campaigns.delivery.outcomes.bounced.Bounced",
    "campaigns.delivery.outcomes.failed.Failed",
    "campaigns.delivery.outcomes.refused.Refused",
    "campaigns.delivery.outcomes.complained.Complained",
    "campaigns.delivery.outcomes.unsubscribed.Unsubscribed",
]
WATCHED_EVENTS = [
    "Message Delivered",
    "Message Opened",
    "Message Clicked",
    "Message Opened (machine)",
    "Message Clicked (machine)",
    "Message Bounced",
    "Message Failed",
    "Message Refused",
    "Message Complained",
    "Message Unsubscribed",
]
NEEDS = [
    "campaigns.delivery.attention.Stopped",
    "campaigns.delivery.attention.Paused",
    "campaigns.delivery.attention.Failed",
]
SEGMENT_PANELS = ["campaigns.admin.of_segment.Reached"]
SEGMENT_USED_IN = [(10, "campaigns.admin.of_segment.InCampaign")]
