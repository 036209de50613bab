"""The demo: a shop, a school and a clinic whose people live through the doors, and a past for
benchmarks.

`simulator/` are programs that call the doors as real senders do; `past/` fills an empty
installation by COPY. Nothing of the product imports it; it has no tables and no pages.
"""
