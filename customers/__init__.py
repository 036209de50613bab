"""Who: one customer behind many identities, and what is known of them.

In: what the rooms above have decoded (identities, attributes, consents, tags), and what staff do by
hand. Out: rows: customers, identities, attributes, tags, consents, segment members, and transitions
for whoever watches a segment. It calls nobody above; what other rooms know of a customer (panels,
finders, conditions, erasers) is named in settings.
"""
