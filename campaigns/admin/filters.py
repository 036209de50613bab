"""Filters of lists by what has a word of its own: channels, reasons."""

from campaigns.delivery import reasons
from campaigns.delivery.channels import named
from crm_project.admin.filters import LatestValues


class InWords(LatestValues):
    """The stored keys as they are called everywhere else."""

    word = staticmethod(str)

    def choices(self, changelist):
        for choice in super().choices(changelist):
            yield choice | {
                "display": (
                    self.word(choice["display"])
                    if choice["display"] in self.keys()
                    else choice["display"]
                )
            }

    def keys(self) -> set:
        return set(self.lookup_choices)


class Channels(InWords):
    word = staticmethod(named)


class Reasons(InWords):
    word = staticmethod(reasons.word)
