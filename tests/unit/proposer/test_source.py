from __future__ import annotations

import pytest

from pyoprollup.errors import Unavailable
from pyoprollup.eth.types import Hash32
from pyoprollup.proposer import RollupProposalSource, SourceFailed
from tests.unit.proposer.support import FakeRollupNode, l2_block, output_of


def test_a_proposal_of_a_block() -> None:
    node = FakeRollupNode()
    node.current_l1 = 7
    proposal = RollupProposalSource(node).proposal_at_sequence_number(20)
    assert (proposal.root, proposal.sequence_number) == (output_of(20).root(), 20)
    assert proposal.block_ref == l2_block(20)
    assert proposal.current_l1 is not None
    assert proposal.current_l1.number == 7
    assert proposal.extra_data == bytes(31) + b"\x14"


def test_only_outputs_of_the_version_that_there_is() -> None:
    node = FakeRollupNode()
    node.changes = {"version": Hash32(bytes(31) + b"\1")}
    with pytest.raises(SourceFailed, match="version"):
        RollupProposalSource(node).proposal_at_sequence_number(20)


def test_a_node_that_does_not_answer() -> None:
    node = FakeRollupNode()
    node.failing = True
    with pytest.raises(Unavailable):
        RollupProposalSource(node).sync_status()
