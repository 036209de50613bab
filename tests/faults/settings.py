"""The product's settings with two channels more: what an installation with a channel of its own
has."""

from crm_project.settings import *  # noqa: F403
from crm_project.settings import CRM_CHANNELS

CRM_CHANNELS = [*CRM_CHANNELS, "tests.faults.channels.Keyed", "tests.faults.channels.Unkeyed"]
