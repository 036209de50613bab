"""The first page: what is going on, what it earned, and what to do next when nothing is.

Read from kept figures (events/insights/figures.py, events/insights/activity.py), so it costs the
same with a thousand customers and with a million. Each block is shown to whoever may look at its
list, and leads there.
"""
