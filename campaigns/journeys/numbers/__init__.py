"""How many entered, wait, left by each way, were written to: kept figures of each step (models 11).

In: what triggers of the tables leave (campaigns/migrations/*_step_figures.py). Out: numbers for
cards, ways and lists, over any days, by arm.
"""
