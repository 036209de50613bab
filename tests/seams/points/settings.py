"""The product's settings with one subject more."""

from crm_project.settings import *  # noqa: F403
from crm_project.settings import CRM_SUBJECTS, INSTALLED_APPS
from crm_project.subjects import gathered

INSTALLED_APPS = [*INSTALLED_APPS, "tests.seams.points.apps.PointsConfig"]
CRM_SUBJECTS = [*CRM_SUBJECTS, "tests.seams.points.subject"]
globals().update(gathered(CRM_SUBJECTS))
