"""The command line, ``pyoprollup``: one module per command.

Results go to standard output, as tables or with ``--json`` as JSON; errors and progress go to standard
error. Exit codes: 0 for success, 1 for an error or a failed check, 2 for wrong usage.
"""
