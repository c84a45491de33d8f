"""Workers that do everything at once."""

from __future__ import annotations

from pyoprollup.challenger.workers import InlineWorkers


def test_results_come_in_the_order_of_the_work() -> None:
    workers: InlineWorkers[int] = InlineWorkers()
    done: list[int] = []

    def work(number: int) -> int:
        done.append(number)
        return number * number

    assert not workers.has_results and workers.busy == 0
    for number in range(4):
        workers.submit(lambda number=number: work(number))  # type: ignore[misc]
    assert done == [0, 1, 2, 3] and workers.has_results and workers.busy == 4
    assert workers.collect() == [0, 1, 4, 9]
    assert workers.collect() == [] and workers.busy == 0 and not workers.has_results
