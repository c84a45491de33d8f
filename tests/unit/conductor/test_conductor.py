"""The conductor of a sequencer that is alone."""

from __future__ import annotations

from pyoprollup.conductor import Conductor, NoOpConductor
from tests.unit.conductor.support import ENVELOPE


def test_without_others_there_is_nothing_to_ask() -> None:
    conductor: Conductor = NoOpConductor()
    assert conductor.leader()
    assert not conductor.enabled
    conductor.commit_unsafe_payload(ENVELOPE)
    conductor.override_leader()
    conductor.close()
    assert conductor.leader()
