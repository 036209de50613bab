"""Journeys: definition, triggers and steps, who enters, how a run walks.

In: published definitions, reactions, transitions, time. Out: runs that are due, their history, and
effects (messages, coupons, tags) each with a key that happens once.
"""
