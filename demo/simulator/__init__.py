"""A shop, a school and a clinic, made up: people with habits who browse, log in, buy, come to what
they booked or do not.

They know the product only by its doors (docs/api.md); `opening.py` alone touches the database,
once, to make their sources. What they share stands here (people, past, business, guests,
appointments); `shop.py` is the shop, `school/` and `clinic/` are the others.
"""
