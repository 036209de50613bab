from integrations.admin import quarantine, sources

__all__ = ["quarantine", "sources"]
