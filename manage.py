#!/usr/bin/env python
"""Django's command line; `manage.py up` runs the whole product on this machine."""

import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_project.settings")
    if sys.argv[1:2] == ["up"]:
        from crm_project.runtime import home

        # Before the settings are read: `up` is what makes a folder a home with secrets of its own.
        home.prepare()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
