"""``python -m pyoprollup``: the command line."""

from __future__ import annotations

from pyoprollup.cli.main import main

if __name__ == "__main__":
    main()
