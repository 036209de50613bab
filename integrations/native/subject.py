"""The native format: what this subject adds to the product (crm_project/subjects.py)."""

FORMATS = ["integrations.native.format.NativeFormat"]
