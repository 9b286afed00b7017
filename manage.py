#!/usr/bin/env python
"""Run Doorstep's management commands."""

import os
import sys

from django.core import management


def main() -> None:
    """Point Django at the only settings module and run the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    management.execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
