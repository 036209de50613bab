"""What to offer somebody next (decision 20): an interface, and an answer by rules.

Whoever asks knows `recommend` only. Another answer (a model) is another class behind the same
name; it takes many customers at once and gives each product with its reason.
"""

from events.insights.recommend.answer import Offer, Reason, recommend

__all__ = ["Offer", "Reason", "recommend"]
