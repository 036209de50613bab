"""Messages in the mini-program: what this subject adds to the product (crm_project/subjects.py)."""

CHANNELS = ["integrations.in_app.channel.InApp"]
