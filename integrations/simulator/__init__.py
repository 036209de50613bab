"""Three mini-programs of one shop and its back end, made up: 300 people with habits who browse, log in, buy or do not, and use coupons.

It knows the product only by its doors (docs/api.md); `opening.py` alone touches the database, once, to make its sources.
"""
