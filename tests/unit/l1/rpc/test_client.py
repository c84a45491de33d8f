"""The client as a whole: what it is made with, and how it ends."""

from __future__ import annotations

from typing import Any

import pytest

from pyoprollup.errors import ConfigError, Unavailable
from pyoprollup.l1.rpc import L1Client, L1ClientOptions
from pyoprollup.sources.l1 import L1Accounts, L1Heads, L1Sender, L1Source
from tests.unit.l1.rpc.chains import chain
from tests.wire_l1 import HttpAnswer, WireNode, client


def test_it_is_every_source() -> None:
    node = WireNode(chain(1))
    one = client(node)
    heads: L1Heads = one
    source: L1Source = one
    accounts: L1Accounts = one
    sender: L1Sender = one
    assert heads is source is accounts is sender
    assert one.chain_id == 900
    one.close()


def down(*_: Any) -> Any:
    raise HttpAnswer(503)


def test_checking_at_the_start() -> None:
    l1 = chain(1)
    assert client(WireNode(l1), WireNode(l1)).check() == {}
    failures = client(WireNode(l1), WireNode(l1, down)).check()
    assert list(failures) == ["node-1:8545"]
    with pytest.raises(Unavailable, match=r"no L1 endpoint answers: node-0:8545: .*HTTP 503"):
        client(WireNode(l1, down)).check()


def test_an_endpoint_of_another_chain_is_found_at_the_start_and_never_used() -> None:
    l1 = chain(1)
    other = WireNode(l1, lambda method, _params, truth: "0x1" if method == "eth_chainId" else truth())
    with pytest.raises(ConfigError, match="L1 endpoint node-1:8545: it serves chain 1, not chain 900"):
        client(WireNode(l1), other).check()
    one = client(other, WireNode(l1), chain_id=900)
    for number in (0, 1):
        assert one.l1_block_ref_by_number(number).number == number
    assert set(other.calls) == {"eth_chainId"}
    with pytest.raises(Unavailable, match="it serves chain 1, not chain 900"):
        client(other, chain_id=900).l1_block_ref_by_number(0)


def test_after_closing_nothing_is_asked() -> None:
    node = WireNode(chain(1))
    with client(node) as one:
        one.l1_block_ref_by_number(1)
    asked = len(node.requests)
    with pytest.raises(Unavailable, match="closed"):
        one.l1_block_ref_by_number(1)
    assert len(node.requests) == asked


@pytest.mark.parametrize("urls", [[], ["l1.example"], ["ws://l1.example"], ["file:///etc/passwd"]])
def test_urls_that_cannot_be(urls: list[str]) -> None:
    with pytest.raises(ConfigError):
        L1Client(urls)


@pytest.mark.parametrize(
    "options",
    [{"max_batch_size": 0}, {"timeout": 0}, {"rate_limit": -1}, {"cache_size": 0}, {"recheck": 0}],
)
def test_options_that_cannot_be(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(options))):
        L1ClientOptions(**options)
