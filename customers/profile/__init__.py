"""A customer's page: panels, timeline, actions, notes, and how somebody is found.

In: what the rooms add by CRM_PROFILE_PANELS, CRM_TIMELINE, CRM_PROFILE_ACTIONS and CRM_FINDERS.
Out: what a viewer may see of one customer, a piece at a time.
"""
