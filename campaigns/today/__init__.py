"""Today (今日): the bookings of a day by their time, with whom they are for, what was sent and
answered, and what a counter does with them.

In: requests of staff. Out: states and answers through the one way in that events have, tasks,
messages of service in sets.
"""
