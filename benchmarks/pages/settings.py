"""The installation's own settings, with the peer's one address instead of ours."""

from config.settings import *

ROOT_URLCONF = "benchmarks.pages.empty"
