"""What the product costs: one script for each budget, each against a limit that is measured in the
same run.

In: an installation with the past of `demo/past/`. Out: a ratio, printed and kept in
`benchmarks/results/` (`make bench`).
"""
