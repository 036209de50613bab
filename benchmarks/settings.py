"""The product's settings, plus a channel that posts to the benchmark and a view that does
nothing."""

from crm_project.settings import *  # noqa: F403
from crm_project.settings import CRM_CHANNELS

CRM_CHANNELS = [*CRM_CHANNELS, "benchmarks.loopback.Loopback"]
ROOT_URLCONF = "benchmarks.urls"
