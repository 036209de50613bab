"""A second pair of eyes, where the workspace wants one.

In: somebody asks for what they are about to do, as it is now. Out: a decision by another, good for
exactly that, once; the act itself takes it (`deciding.use`), in its own transaction, so that no
page and no other way round it lets anything through. What may need approval is a seam
(CRM_APPROVALS, kinds.py).
"""
