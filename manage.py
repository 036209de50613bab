#!/usr/bin/env python
"""Django's command line; `manage.py up` runs the whole product on this machine."""

import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_project.settings")
    if sys.argv[1:2] == ["up"]:
        from crm_project.runtime import up

        if sys.argv[2:]:  # it takes none: whoever asks for help must not find a running product
            sys.stdout.write(up.__doc__)
            sys.exit(0 if sys.argv[2] in {"-h", "--help"} else 2)
        # Without Django: the settings need what `up` is about to make, the secrets of the data
        # folder and the servers' addresses.
        sys.exit(up.main())
    if sys.argv[1:2] in (["backup"], ["restore"]):
        from crm_project.runtime import offline

        sys.exit(offline.main(sys.argv))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
