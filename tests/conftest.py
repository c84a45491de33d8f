"""Settings for the whole suite."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# No test may fail because the machine is slow or busy: neither by the time that an example takes, nor by the
# time that hypothesis takes to make it.
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The checks before a change lands must give the same answer twice; examples vary everywhere else.
settings.register_profile("ci", settings.get_profile("local"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")
