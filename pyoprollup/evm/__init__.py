"""Execution: blocks of the OP Stack, with the prices, creations and some precompiles of py-evm.

:func:`~pyoprollup.evm.block.build_block` makes the block that payload attributes describe, and
:func:`~pyoprollup.evm.block.execute_payload` checks one that somebody else made. Both read state by
hash from a :class:`~pyoprollup.evm.store.KeyValue` and return an
:class:`~pyoprollup.evm.block.ExecutedBlock`, with all that is new.

Ours are the order of a block (``block``, ``executor``), a transaction and what it must be (``transaction``,
``validity``, ``gas``), deposits (``deposit``), fees (``base_fee``, ``fees``), accounts
and their tries (``accounts``, ``state_trie``), the interpreter (``state``, ``frame``, ``program``,
``inlined``) and the costly precompiles. What is py-evm's comes in by ``py_evm`` alone;
``oracle`` is py-evm as it is, to compare with. ``genesis`` begins a chain; ``recorded`` executes a block from
its witness. Nothing is exported here, since importing py-evm takes a second.

Specification: protocol/exec-engine.md and protocol/deposits.md, with the exec-engine.md pages of the forks;
protocol/precompiles.md; protocol/predeploys.md. A fork is a :class:`~pyoprollup.rollup.evm_rules.EvmRules`.
"""

__all__: list[str] = []
