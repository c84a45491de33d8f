"""The cases of the reference's test of the same name."""

from __future__ import annotations

import pytest

from pyoprollup.errors import ConfigError, Unavailable
from pyoprollup.eth.types import Hash32
from pyoprollup.txmgr.errors import (
    AlreadyReservedError,
    MempoolDeadlineExpired,
    NonceTooLowError,
    TxManagerError,
)
from pyoprollup.txmgr.send_state import SendState

TX, OTHER = Hash32(bytes(32)), Hash32(b"\x01" * 32)
MAX_TOO_LOW, DEADLINE = 3, 100.0


def state(*errors: TxManagerError | None) -> SendState:
    new = SendState(MAX_TOO_LOW, DEADLINE)
    for error in errors:
        new.process_send_error(error)
    return new


def too_low(count: int) -> list[TxManagerError]:
    return [NonceTooLowError("nonce too low")] * count


def test_no_abort_after_init() -> None:
    assert state().critical_error(0) is None
    assert state(None).critical_error(0) is None
    assert state(Unavailable("some error")).critical_error(0) is None


def test_abort_after_nonce_too_low_if_nothing_was_published() -> None:
    assert isinstance(state(*too_low(1)).critical_error(0), NonceTooLowError)


def test_abort_after_nonce_too_low_often_enough() -> None:
    assert state(None, *too_low(MAX_TOO_LOW - 1)).critical_error(0) is None
    assert isinstance(state(None, *too_low(MAX_TOO_LOW)).critical_error(0), NonceTooLowError)


def test_a_mined_transaction_is_never_aborted() -> None:
    mined = state(None, *too_low(MAX_TOO_LOW))
    mined.tx_mined(TX)
    assert mined.critical_error(1000) is None
    reserved = state(AlreadyReservedError("reserved"))
    reserved.tx_mined(TX)
    assert reserved.critical_error(1000) is None


def test_a_reorg_begins_the_count_anew() -> None:
    sending = state(None, *too_low(MAX_TOO_LOW - 1))
    sending.tx_mined(TX)
    sending.tx_not_mined(TX)
    for error in too_low(MAX_TOO_LOW - 1):
        sending.process_send_error(error)
    assert sending.critical_error(0) is None
    sending.process_send_error(too_low(1)[0])
    assert isinstance(sending.critical_error(0), NonceTooLowError)


def test_another_form_that_was_never_mined_does_not_begin_the_count_anew() -> None:
    sending = state(None, *too_low(MAX_TOO_LOW))
    sending.tx_not_mined(TX)
    assert isinstance(sending.critical_error(0), NonceTooLowError)


def test_waits_while_some_form_is_mined() -> None:
    sending = state(None)
    assert not sending.is_waiting_for_confirmation
    sending.tx_mined(TX)
    sending.tx_mined(OTHER)
    sending.tx_not_mined(TX)
    assert sending.is_waiting_for_confirmation
    sending.tx_not_mined(OTHER)
    assert not sending.is_waiting_for_confirmation


def test_the_deadline_counts_only_for_what_never_got_into_the_pool() -> None:
    assert state().critical_error(DEADLINE) is None
    assert isinstance(state().critical_error(DEADLINE + 1), MempoolDeadlineExpired)
    assert state(None).critical_error(DEADLINE + 1) is None


def test_a_reserved_account_is_critical() -> None:
    assert isinstance(state(None, AlreadyReservedError("x")).critical_error(0), AlreadyReservedError)


def test_the_count_must_be_positive() -> None:
    with pytest.raises(ConfigError):
        SendState(0, DEADLINE)
