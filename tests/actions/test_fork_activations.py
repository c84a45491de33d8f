"""Forks that activate while the chain lives, one by one."""

from __future__ import annotations

import pytest

from pyoprollup.eth.deposit_tx import DepositTransaction
from pyoprollup.eth.l1_info import L1InfoFormat
from pyoprollup.eth.payload import ExecutionPayload
from pyoprollup.rollup import Fork
from pyoprollup.rollup.upgrades import upgrade_transactions
from tests.actions.batcher import Stage, stage
from tests.actions.harness import up_to
from tests.actions.nodes import Verifier
