"""Settings for the whole suite."""

from __future__ import annotations

import os

from hypothesis import settings

# The checks before a change lands must give the same answer twice; examples vary everywhere else.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
