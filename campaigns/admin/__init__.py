from campaigns.admin import campaigns, coupons, journeys, messages, runs, templates

__all__ = ["campaigns", "coupons", "journeys", "messages", "runs", "templates"]
