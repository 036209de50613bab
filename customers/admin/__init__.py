from customers.admin import bulk, customers, knowledge, merges, segments, tagging, tags, workspace

__all__ = ["bulk", "customers", "knowledge", "merges", "segments", "tagging", "tags", "workspace"]
