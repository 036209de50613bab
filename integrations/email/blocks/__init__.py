"""A letter written as blocks: a tree of ids and kinds, and beside it one text for each field.

Both stand in the content of a message: `blocks` is the tree as JSON, `b3_text` what the block b3
says. So each text is filled in by itself, within the same limits as any other, and no value can
change the tree.
"""
