"""`manage.py up`, unchanged but for the settings module: the same, plus the loopback channel and
the empty view."""

import sys

from benchmarks.environment import SETTINGS
from crm_project.runtime import up


class Runner(up.Runner):
    def _environment(self):
        return super()._environment() | {"DJANGO_SETTINGS_MODULE": SETTINGS}


if __name__ == "__main__":
    up.Runner = Runner
    sys.exit(up.main())
