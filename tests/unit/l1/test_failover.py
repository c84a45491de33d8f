"""Several endpoints: whom to ask, and what to believe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from pyoprollup.errors import ConfigError, NotFound, Unavailable
from pyoprollup.events import Happening, News
from pyoprollup.l1.failover import AllFailed, Clockwork, EndpointPool, Patience, Standing
from tests.wire_l1 import VirtualTime


@dataclass
class Server:
    name: str
    says: Callable[[], int]
    standing: Standing = field(default_factory=Standing)
    asked: int = 0

    def close(self) -> None:
        pass


def fails() -> int:
    raise Unavailable("HTTP 502")


def lacks() -> int:
    raise NotFound("null")


def attempt(server: Server) -> int:
    server.asked += 1
    return server.says()


class Bench:
    def __init__(self, *says: Callable[[], int], rounds: int = 3) -> None:
        self.time = VirtualTime()
        self.servers = [Server(f"s{index}", answer) for index, answer in enumerate(says)]
        works = Clockwork(self.time.clock, self.time.sleep, lambda: 0.5)
        self.told: list[Happening] = []
        self.pool = EndpointPool(
            self.servers, Patience(rounds, 1.0, 4.0), works, News("test", self.told.append)
        )

    def ask(self, **options: int) -> int:
        return self.pool.ask("the block", attempt, **options)

    @property
    def asked(self) -> list[int]:
        return [server.asked for server in self.servers]


def test_the_first_is_asked_as_long_as_it_answers() -> None:
    bench = Bench(lambda: 1, lambda: 2)
    assert [bench.ask() for _ in range(3)] == [1, 1, 1]
    assert bench.asked == [3, 0]
    assert bench.told == []


def test_a_failed_one_steps_back_for_a_while_and_comes_back() -> None:
    bench = Bench(fails, lambda: 2)
    assert bench.ask() == 2
    bench.servers[0].says = lambda: 1
    assert bench.ask() == 2, "it failed just now"
    assert bench.asked == [1, 2]
    bench.time.now += 1.0
    assert bench.ask() == 1
    assert [(item.event, item.details["endpoint"]) for item in bench.told] == [
        ("endpoint-failed", "s0"),
        ("endpoint-is-back", "s0"),
    ]


def test_when_all_fail_there_are_pauses_that_grow_and_a_message_with_every_answer() -> None:
    bench = Bench(fails, fails)
    with pytest.raises(AllFailed, match=r"^the block: s0: HTTP 502; s1: HTTP 502$") as caught:
        bench.ask()
    assert bench.asked == [3, 3]
    assert bench.time.now == 1000 + 0.75 + 1.5, "by chance a quarter of each pause is left out"
    assert caught.value.answers == {"s0": "HTTP 502", "s1": "HTTP 502"}


def test_pauses_are_bounded_and_spread() -> None:
    patience = Patience(3, 1.0, 4.0)
    assert [patience.after(n) for n in (1, 2, 3, 4, 5000)] == [1, 2, 4, 4, 4]


def test_nothing_is_asked_for_ever_in_no_time() -> None:
    """No hot loop: so many requests in so many seconds, whoever asks again at once."""
    bench = Bench(fails)
    for _ in range(100):
        with pytest.raises(Unavailable):
            bench.ask()
    assert bench.servers[0].asked == 300
    assert bench.time.now - 1000 >= 100 * 2.25


def test_who_lacks_it_may_be_behind_the_others() -> None:
    bench = Bench(lacks, lambda: 2)
    assert bench.ask() == 2
    bench.servers[1].says = fails
    with pytest.raises(NotFound):
        bench.ask()
    assert bench.time.now == 1000.0, "nobody waits for one that is down when others have an answer"


def test_a_missing_thing_may_have_to_be_missing_twice() -> None:
    bench = Bench(lacks)
    with pytest.raises(NotFound):
        bench.ask(missing_rounds=2)
    assert bench.asked == [2]


def test_other_errors_are_answers() -> None:
    def refuses() -> int:
        raise ValueError("nonce too low")

    bench = Bench(refuses, lambda: 2)
    with pytest.raises(ValueError, match="nonce"):
        bench.ask()
    assert bench.servers[0].standing.failures == 0


def test_a_closed_pool_asks_nobody() -> None:
    bench = Bench(lambda: 1)
    bench.pool.close()
    with pytest.raises(AllFailed, match="closed"):
        bench.ask()
    assert bench.asked == [0]


def test_closing_ends_a_question_between_two_rounds() -> None:
    bench = Bench(fails)
    bench.time.sleep = lambda _seconds: bench.pool.close()  # type: ignore[method-assign]
    bench.pool._works = Clockwork(bench.time.clock, bench.time.sleep, lambda: 0.0)
    with pytest.raises(AllFailed, match="closed"):
        bench.ask()
    assert bench.asked == [1]


@pytest.mark.parametrize("values", [(0, 1.0, 1.0), (1, 0.0, 1.0), (1, 2.0, 1.0)])
def test_senseless_patience(values: tuple[int, float, float]) -> None:
    with pytest.raises(ConfigError):
        Patience(*values)
