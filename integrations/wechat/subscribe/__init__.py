"""Subscribe messages (订阅消息): what may be sent to whom, how often, and what it says.

`grants.py` keeps what people have allowed; `templates.py` what the app's templates are; `values.py`
what may stand in them; `channel.py` sends.
"""
