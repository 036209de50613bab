from customers.admin import customers, knowledge, merges, segments, workspace

__all__ = ["customers", "knowledge", "merges", "segments", "workspace"]
