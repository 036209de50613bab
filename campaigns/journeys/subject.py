"""Journeys: what this subject adds to the product (crm_project/subjects.py)."""

NEEDS = ["campaigns.journeys.attention.Held"]
FIGURES = ["campaigns.journeys.numbers.keeping.Steps"]
APPROVALS = [
    "campaigns.journeys.approval.PublishingOfJourney",
    "campaigns.journeys.versions.approval.MovingOfRuns",
]
JOBS = [
    "campaigns.journeys.versions.jobs.MoveRuns",
    "campaigns.journeys.dry_run.job.DryRunJob",
]
PROFILE_PANELS = [(150, "campaigns.profile.panels.Runs")]
PROFILE_ACTIONS = [(80, "campaigns.profile.profile_actions.StartJourney")]
TIMELINE = [(120, "campaigns.profile.timeline_sources.Runs")]
RETENTION = [
    "campaigns.privacy.retention.RunDetails",
    "campaigns.privacy.retention.RunSteps",
    "campaigns.privacy.retention.Assignments",
    "campaigns.privacy.retention.DryRuns",
]
CALLERS = ["campaigns.journeys.calls.OfJourneys"]
MESSAGE_CHECKS = ["campaigns.journeys.called_off.LeftJourney"]
ORIGINS = ["campaigns.journeys.origin.OfJourneys"]
JOURNEY_TRIGGERS = [
    "campaigns.journeys.triggers.OnEvent",
    "campaigns.journeys.triggers.OnAbsence",
    "campaigns.journeys.triggers.OnSegment",
    "campaigns.journeys.triggers.OnSchedule",
    "campaigns.journeys.triggers.OnCall",
    "campaigns.journeys.on_date.OnDate",
    "campaigns.journeys.occasions.OnBooking",
    "campaigns.journeys.occasions.OnCouponEnd",
]
JOURNEY_STEPS = [
    "campaigns.journeys.steps.wait.Wait",
    "campaigns.journeys.steps.wait_for_event.WaitForEvent",
    "campaigns.journeys.steps.wait_for_answer.WaitForAnswer",
    "campaigns.journeys.steps.wait_until.WaitUntil",
    "campaigns.journeys.steps.wait_for_booking.WaitForBooking",
    "campaigns.journeys.steps.wait_for_hours.WaitForHours",
    "campaigns.journeys.steps.branch.Branch",
    "campaigns.journeys.steps.split.Split",
    "campaigns.journeys.steps.random_split.RandomSplit",
    "campaigns.journeys.steps.recommend.Recommend",
    "campaigns.journeys.steps.issue_coupon.IssueCoupon",
    "campaigns.journeys.steps.send_message.SendMessage",
    "campaigns.journeys.steps.add_tag.AddTag",
    "campaigns.journeys.steps.remove_tag.RemoveTag",
    "campaigns.journeys.steps.set_attribute.SetAttribute",
    "campaigns.journeys.steps.add_to_list.AddToList",
    "campaigns.journeys.steps.remove_from_list.RemoveFromList",
    "campaigns.journeys.steps.staff_task.StaffTask",
    "campaigns.journeys.steps.call_webhook.CallWebhook",
    "campaigns.journeys.steps.go_to.GoTo",
    "campaigns.journeys.steps.end.EndHere",
]
SEGMENT_USED_IN = [(20, "campaigns.admin.of_segment.InJourney")]
