"""Conditions about what customers did, bought, booked and had measured; each is one entry of
CRM_SEGMENT_CONDITIONS."""
