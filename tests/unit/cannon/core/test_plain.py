"""Words, pages and rows of the plain machine."""

from __future__ import annotations

from array import array

from pyoprollup.cannon.core.plain import Vm, copy_row, fetch, load64, preimage_byte, row, store64


def test_words_and_instructions() -> None:
    vm = Vm({}, set(), [])
    assert load64(vm, 8) == fetch(vm, 8) == 0 and not vm.pages
    store64(vm, 0x5008, 0x1122334455667788)
    assert load64(vm, 0x5008) == 0x1122334455667788
    assert (fetch(vm, 0x5008), fetch(vm, 0x500C)) == (0x11223344, 0x55667788)
    assert vm.dirty == {0x5000 // 64}
    store64(vm, 0x5008, 7)  # what was fetched is not kept
    assert fetch(vm, 0x500C) == 7
    assert vm.pages == {5: array("Q", [0, 7, *[0] * 510])}


def test_rows_are_copied_onto_a_stack() -> None:
    vm = Vm({}, set(), [])
    source = list(range(40))
    copy_row(vm, 1, 0, source)
    source[0] = 99
    assert row(vm, 1, 0) == list(range(40))
    copy_row(vm, 1, 1, source)
    copy_row(vm, 1, 0, row(vm, 1, 1))
    assert vm.stacks == [[], [[99, *range(1, 40)]]]


def test_bytes_of_a_preimage() -> None:
    vm = Vm({}, set(), [])
    vm.preimage = b"\x01\xff"
    assert [preimage_byte(vm, i) for i in (0, 1)] == [1, 255]
