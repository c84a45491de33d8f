"""The differential harness: golden vectors in, agreements and differences out.

``runner`` reads golden files and runs the checks that the ``…_formats`` modules register with
``core``, one per format and section. The same code runs behind ``pyoprollup vectors run`` and in the
tests. It implements no part of the specification; it holds the other packages against it.
"""

from __future__ import annotations

from pyoprollup.vectors.core import CaseResult, Mismatch
from pyoprollup.vectors.runner import FileResult, run_file, run_paths

__all__ = ["CaseResult", "FileResult", "Mismatch", "run_file", "run_paths"]
