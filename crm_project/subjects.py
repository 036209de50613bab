"""What is added to the product is a subject: a package whose `subject.py` lists, seam by seam, what
it brings.

A seam is a setting that begins with CRM_; `subject.py` names it without the prefix and lists dotted
paths:

    PROFILE_PANELS = [(45, "customers.points.panels.Points")]
    ERASERS = ["customers.points.erasing.OfPoints"]

Where the order matters to people (the panels of a page, the buttons of a row) an entry carries its
place: lower comes first. The others follow in the order of the subjects. Such a module imports
nothing, so that settings can read it.
"""

import runpy
from collections.abc import Iterable
from importlib.machinery import PathFinder

from django.core.exceptions import ImproperlyConfigured

PREFIX = "CRM_"
LAST = 10_000  # the place of an entry that names none
SEAMS = {
    "FORMATS": "how a request is verified and read (integrations/doors/formats.py)",
    "LOGIN_PROVIDERS": (
        "who says who somebody is, for a mini-program's code (integrations/member_api/providers.py)"
    ),
    "CHANNELS": "how a message leaves (campaigns/delivery/channels.py)",
    "ORIGINS": "who asks for messages, and what they say of them (campaigns/delivery/origins.py)",
    "OUTCOMES": "what a receipt says became of a message (campaigns/delivery/outcomes/base.py)",
    "SEGMENT_CONDITIONS": "what a rule may ask (customers/segments/conditions/base.py)",
    "SEGMENT_PANELS": (
        "what a segment's page shows of its people (customers/admin/segment_panels.py)"
    ),
    "SEGMENT_USED_IN": (
        "what is begun with a segment, from its page (customers/admin/segment_panels.py)"
    ),
    "SEGMENT_STARTS": "ready-made beginnings of a rule (customers/segments/starts.py)",
    "DERIVED_STATE": (
        "what is concluded per customer, in this order, before segments are evaluated"
        " (customers/segments/derived.py)"
    ),
    "SUGGESTIONS": "what pickers offer while somebody types (customers/suggestions.py)",
    "APPROVALS": ("what needs a second pair of eyes, if wanted (customers/approval/kinds.py)"),
    "JOBS": "kinds of background work (crm_project/jobs/kinds.py)",
    "BULK_ACTS": "what is done to all rows of a list (customers/bulk/acts.py)",
    "FIGURES": "kept figures, each with its triggers in a migration (events/insights/figures.py)",
    "PROFILE_PANELS": "blocks of a customer's page (customers/profile/panel.py)",
    "PROFILE_ACTIONS": (
        "what staff do from there, in the order of the buttons (customers/profile/actions.py)"
    ),
    "TIMELINE": (
        "sources of a customer's story; at one moment, what stands lower is shown above"
        " (customers/profile/timeline.py)"
    ),
    "CUSTOMER_COLUMNS": "columns of the customers' list (customers/admin/customer_columns.py)",
    "FINDERS": "by what customers are found (customers/profile/search.py)",
    "DUE_TODAY": (
        "who is to be called today, so that revealing their phone counts apart"
        " (customers/data_rights/revealing.py)"
    ),
    "NEEDS": "what waits for a person: lines of the first page (crm_project/attention.py)",
    "FACTS": "what is known and waits for nobody: on the first page (crm_project/attention.py)",
    "USES": "who uses a segment, a tag, a batch (customers/uses.py)",
    "EXPORTS": (
        "what stands in the copy of all that is held about a customer"
        " (customers/data_rights/exporting.py)"
    ),
    "ERASERS": (
        "what is kept of somebody who is forgotten, and where else something lies"
        " (customers/data_rights/erasing.py)"
    ),
    "RETENTION": (
        "how long each kind of data is kept, as in the list of personal data"
        " (customers/data_rights/retention/base.py)"
    ),
    "NORMALISERS": "what `manage.py normalise` goes through (customers/identity/respelling.py)",
    "ALARMS": "what an operator is warned of (crm_project/alarms/base.py)",
    "TELLERS": "how an operator hears of it (crm_project/alarms/tellers.py)",
    "HOST_DUTIES": "what every host does with its own disk (crm_project/hosts/duties.py)",
    "AFTER_RESTORE": (
        "what is done once a backup is back and nobody sees it yet: called with taken_at and now,"
        " in this order"
    ),
    "JOURNEY_TRIGGERS": "what a journey begins with (campaigns/journeys/triggers.py)",
    "MESSAGE_CHECKS": (
        "who is asked once more whether a message is still wanted (campaigns/delivery/checks.py)"
    ),
    "FOLLOWERS": "what follows from an event beside journeys (campaigns/followers.py)",
    "JOURNEY_STEPS": "what a journey does (campaigns/journeys/steps/base.py)",
    "VENDORS": "whose accounts can be connected (integrations/connections/vendors.py)",
    "CALLERS": "who is told how a call to another system ended (customers/outbound.py)",
    "WATCHED_EVENTS": (
        "names of events that campaigns/automation.py looks at whether or not a journey waits for"
        " them"
    ),
}


def gathered(subjects: Iterable[str]) -> dict[str, list[str]]:
    """The settings that these modules make together: every seam, `{"CRM_PROFILE_PANELS": [path, …],
    …}`.

    Raises ImproperlyConfigured where a module is absent or names a seam that does not exist.
    """
    found: dict[str, list[tuple[int, str]]] = {seam: [] for seam in SEAMS}
    for path in subjects:
        named = {
            name: value for name, value in runpy.run_path(file_of(path)).items() if name.isupper()
        }
        if unknown := named.keys() - SEAMS.keys():
            raise ImproperlyConfigured(f"{path}: there is no seam {', '.join(sorted(unknown))}")
        for seam, entries in named.items():
            found[seam] += [
                entry if isinstance(entry, tuple) else (LAST, entry) for entry in entries
            ]
    return {
        PREFIX + seam: [path for _place, path in sorted(entries, key=place)]
        for seam, entries in found.items()
    }


def file_of(path: str) -> str:
    """Where the module stands, found without importing the packages above it: they need
    settings."""
    where, parts = None, path.split(".")
    for depth in range(1, len(parts) + 1):
        spec = PathFinder.find_spec(".".join(parts[:depth]), where)
        if spec is None:
            break
        where = spec.submodule_search_locations
    if spec is None or spec.origin is None:  # absent, or a folder without an __init__
        raise ImproperlyConfigured(f"there is no {path}")
    return spec.origin


def place(entry: tuple[int, str]) -> int:
    return entry[0]
