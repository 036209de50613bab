"""What every door shares: bytes, callers, limits, answers, what was not understood and its
replay."""
