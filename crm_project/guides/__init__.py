"""The guides of docs/ as pages of the admin, in the reader's language, and from each page the link
to what explains it.

In: Markdown of ours, English in docs/, Chinese in docs/zh/, heading by heading. Out: a page for
each guide; `places.of` names guide and heading for a page of the product.
"""
