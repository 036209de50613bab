"""What the business's own server reads and asks: customers, orders, messages, coupons, redeeming.

In: requests with a source's read token. Out: JSON of that source's namespace, page by page.
"""
