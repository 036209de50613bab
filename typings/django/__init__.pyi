# Of Django, the type checker is told what it cannot read by itself: that the members of choices are
# texts or numbers. All else of Django is Any to it; docs/decisions/types.md says why.
from typing import Any

def __getattr__(name: str) -> Any: ...
