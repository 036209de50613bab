#!/usr/bin/env python
"""Django's command line; `manage.py up` runs the whole product on this machine."""

import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_project.settings")
    if sys.argv[1:2] == ["up"]:
        from crm_project.runtime import up

        # Without Django: the settings need what `up` is about to make, the secrets of the data folder and the servers' addresses.
        sys.exit(up.main())
    if sys.argv[1:2] in (["backup"], ["restore"]):
        from crm_project.runtime import offline

        sys.exit(offline.main(sys.argv))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
