"""Figures of reports, worked out from rows when something of theirs changed, and kept.

In: marks that triggers leave, orders whose money changed. Out: rows of ArmFigure (people by arm),
SendingFigure (messages by what became of them), ReportState (coupons, and how fresh it all is).
"""
