"""A shop's past in bulk: a million customers and twenty million events in minutes, for benchmarks
and for looking at a full house."""
