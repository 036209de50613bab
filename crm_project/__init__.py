"""The project: settings, the registry and the queue of due rows, the admin's base, log-in, backup,
the embedded servers and `manage.py up`.

It imports no room; rooms are named by string in settings.
"""
