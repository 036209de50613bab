"""The description of all doors and of the server's API, and its page.

In: the Structs that the doors decode with. Out: an OpenAPI document.
"""
