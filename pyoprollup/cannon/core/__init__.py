"""The machine's definition: what a step does, written once.

Every module here but :mod:`~pyoprollup.cannon.core.plain` is compiled as well, from this same source, by
:mod:`pyoprollup.cannon.compiled`; :mod:`~pyoprollup.cannon.core.words` says what that takes. Read
:mod:`~pyoprollup.cannon.core.steps` first.

It raises nothing: a step answers with a code (:mod:`~pyoprollup.cannon.core.layout`), and one that cannot be
done has changed nothing.
"""

from __future__ import annotations

from pyoprollup.cannon.core.plain import Vm
from pyoprollup.cannon.core.steps import run

__all__ = ["Vm", "run"]
