from __future__ import annotations

import pytest

from pyoprollup.txmgr import errors


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("already known", errors.AlreadyKnownError),
        ("nonce too low: next nonce 5, tx nonce 4", errors.NonceTooLowError),
        ("replacement transaction underpriced: new tx gas fee cap", errors.ReplacementUnderpricedError),
        ("transaction underpriced: tip needed 1", errors.UnderpricedError),
        ("address already reserved", errors.AlreadyReservedError),
        ("nonce too high: next nonce 5, tx nonce 9", errors.NonceTooHighError),
        ("insufficient funds for gas * price + value: balance 0", errors.InsufficientFundsError),
        ("account limit exceeded", errors.AccountLimitExceededError),
        ("AlreadyKnown", errors.AlreadyKnownError),
        ("Known transaction", errors.AlreadyKnownError),
        ("Transaction with the same hash was already imported.", errors.AlreadyKnownError),
        ("Nonce too low", errors.NonceTooLowError),
        ("intrinsic gas too low", errors.TxPoolError),
    ],
)
def test_a_pool_error_is_known_by_its_text(text: str, kind: type[errors.TxPoolError]) -> None:
    error = errors.pool_error(text)
    assert type(error) is kind
    assert str(error) == text


def test_every_pool_error_is_known_by_its_own_text() -> None:
    for kind in errors.TxPoolError.__subclasses__():
        assert type(errors.pool_error(kind.text)) is kind
