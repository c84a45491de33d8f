"""The compiled machine beside the plain one; skipped where numba is not installed (the extra ``fast``)."""
