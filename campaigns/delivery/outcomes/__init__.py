"""What may become of a message, in the words of anymail: one file for each."""

from campaigns.delivery.outcomes.base import Outcome, outcomes

__all__ = ["Outcome", "outcomes"]
