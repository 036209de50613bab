from campaigns.admin import campaigns, consents, coupons, journeys, messages, runs, templates

__all__ = ["campaigns", "consents", "coupons", "journeys", "messages", "runs", "templates"]
