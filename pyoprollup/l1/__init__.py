"""Access to L1. Only the embedded chain is here so far: :mod:`pyoprollup.l1.embedded`."""
