"""Points: what this subject adds to the product (crm_project/subjects.py)."""

SEGMENT_CONDITIONS = ["tests.seams.points.points.HasPoints"]
PROFILE_PANELS = [(35, "tests.seams.points.points.Panel")]
TIMELINE = [(35, "tests.seams.points.points.Story")]
USES = ["tests.seams.points.points.by_points"]
EXPORTS = ["tests.seams.points.points.Reasons"]
ERASERS = ["tests.seams.points.points.Forget"]
RETENTION = ["tests.seams.points.points.Kept"]
