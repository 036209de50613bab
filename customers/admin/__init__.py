from customers.admin import customers, knowledge, merges, segments, tagging, tags, workspace

__all__ = ["customers", "knowledge", "merges", "segments", "tagging", "tags", "workspace"]
