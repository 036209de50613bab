"""Reconciliation (对账): our numbers of each day against those of a source's own system.

In: a summary that the source's system offers over HTTP. Out: days that agree or not, the orders
that differ, and up to which day everything is complete.
"""
