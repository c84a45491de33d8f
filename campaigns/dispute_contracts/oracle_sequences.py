"""Random calls of the pre-image oracle: parts of all kinds, and large pre-images, true and false."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from campaigns.dispute_contracts.precompiles import IDENTITY, SHA256
from campaigns.dispute_contracts.setting import PLAYERS, START
from campaigns.dispute_contracts.twin import Action, Twin
from pyoprollup.challenger.keccak import Leaf, StateSnapshot, absorb, padded
from pyoprollup.challenger.keccak.merkle import TREE_DEPTH
from pyoprollup.challenger.keccak.types import EMPTY_STATE, state_commitment
from pyoprollup.challenger.model.large_preimages import MIN_BOND_SIZE
from pyoprollup.eth.crypto import keccak256
from pyoprollup.eth.types import Address, Hash32

__all__ = ["OracleSequence", "Upload", "leaf_proof"]

_ZERO = Hash32(bytes(32))


def leaf_proof(leaves: Sequence[Leaf], index: int) -> list[Hash32]:
    """The 16 hashes beside the way from a leaf to the root."""
    nodes = [leaf.hash() for leaf in leaves]
    proof, zero = [], _ZERO
    for _ in range(TREE_DEPTH):
        proof.append(nodes[index ^ 1] if index ^ 1 < len(nodes) else zero)
        nodes += [zero] * (len(nodes) % 2)
        nodes = [keccak256(nodes[at] + nodes[at + 1]) for at in range(0, len(nodes), 2)]
        zero, index = keccak256(zero * 2), index // 2
    return proof


@dataclass
class Upload:
    """A large pre-image on its way. ``wrong`` is the block whose commitment is a lie, -1 for none."""

    claimant: Address
    uuid: int
    offset: int
    data: bytes
    wrong: int
    leaves: list[Leaf] = field(default_factory=list)
    states: list[StateSnapshot] = field(default_factory=list)
    sent: int = 0

    def __post_init__(self) -> None:
        blocks = padded(self.data)
        state = EMPTY_STATE
        for index in range(len(blocks) // 136):
            block = blocks[136 * index : 136 * (index + 1)]
            state = absorb(state, block)
            if index == self.wrong:
                state = (state[0] ^ 1, *state[1:])
            self.states.append(state)
            self.leaves.append(Leaf(block, index, state_commitment(state)))


def _packed(leaf: Leaf) -> tuple[bytes, int, Hash32]:
    return leaf.input, leaf.index, leaf.state_commitment


@dataclass
class OracleSequence:
    """A random sequence of calls of the oracle."""

    twin: Twin
    rng: random.Random
    now: int = START + 100
    uploads: list[Upload] = field(default_factory=list)

    def play(self, length: int) -> Iterator[Action]:
        """So many calls."""
        kinds = {
            self._small: 4,
            self._precompile: 3,
            self._local: 3,
            self._begin: 3,
            self._send: 10,
            self._challenge: 5,
            self._squeeze: 4,
            self._wait: 2,
        }
        for step in range(length):
            if step == length // 2 and self.rng.random() < 0.2:
                yield Action(self.now, PLAYERS[0], "oracle", "refuse", (PLAYERS[-1],))
            (kind,) = self.rng.choices(list(kinds), list(kinds.values()))
            yield kind()

    def blob(self) -> Action:
        """A field element of a blob; the proof is of a polynomial without terms, or wrong."""
        point = b"\xc0" + bytes(47)
        value, z = self.rng.choice((0, 0, 1)), self.rng.randrange(1 << 250)
        offset = self.rng.choice((0, 8, 39, 40))
        return self._action(PLAYERS[0], "loadBlobPreimagePart", z, value, point, point, offset)

    def _small(self) -> Action:
        rng = self.rng
        data = rng.randbytes(rng.choice((0, 1, 31, 32, 33, 136, 500)))
        offset = rng.choice((0, 1, 7, 8, 9, len(data), len(data) + 7, len(data) + 8, 1 << 200))
        name = rng.choice(("loadKeccak256PreimagePart", "loadSha256PreimagePart"))
        return self._action(self._player(), name, offset, data)

    def _precompile(self) -> Action:
        rng = self.rng
        data = rng.randbytes(rng.choice((0, 1, 64, 200)))
        address = rng.choice((SHA256, IDENTITY, Address(b"\x99" * 20)))
        offset = rng.choice((0, 8, 9, 20, 40, 41, len(data) + 8, len(data) + 9))
        new = self.twin.model.oracle.rules.gas_in_key
        gas = (rng.choice((0, 5_000, 1 << 40, (1 << 64) - 1)),) if new else ()
        return self._action(self._player(), "loadPrecompilePreimagePart", offset, address, *gas, data)

    def _local(self) -> Action:
        rng = self.rng
        size = rng.choice((0, 8, 32, 32, 33, 1 << 100))
        offset = rng.choice((0, 8, size + 7, size + 8, size + 9, 39, 40))
        ident = rng.choice((1, 4, 99, (1 << 256) - 1))
        return self._action(
            self._player(), "loadLocalData", ident, rng.randbytes(32), rng.randbytes(32), size, offset
        )

    # --- large pre-images

    def _begin(self) -> Action:
        rng = self.rng
        size = rng.choice((299, 300, 407, 408, 409, 544, 1_000, 2_000))
        wrong = rng.choice((-1, -1, 0, 1, 2, (size // 136)))
        offset = rng.choice((0, 5, 8, 100, 136, 144, size - 24, size + 7, size + 8))
        upload = Upload(self._player(), rng.randrange(3), offset, rng.randbytes(size), wrong)
        value = MIN_BOND_SIZE + rng.choice((0, 0, 0, 1, -1))
        key = upload.claimant, upload.uuid
        fresh = key not in self.twin.model.oracle.by_claimant
        if fresh and value >= MIN_BOND_SIZE and size >= 300 and offset < size + 8:
            self.uploads.append(upload)
        return self._action(upload.claimant, "initLPP", upload.uuid, offset, size, value=value)

    def _send(self) -> Action:
        """The next blocks of an upload, sometimes too few, too many, or in the wrong place."""
        if not self.uploads:
            return self._begin()
        rng = self.rng
        upload = rng.choice(self.uploads)
        if upload.claimant in self.twin.model.chain.refusing:
            return self._squeeze()
        total = len(upload.leaves)
        count = rng.choice((1, 2, 3, total))
        end = min(upload.sent + count, total)
        finalize = end == total
        data = upload.data[136 * upload.sent : len(upload.data) if finalize else 136 * end]
        commitments = [leaf.state_commitment for leaf in upload.leaves[upload.sent : end]]
        start = upload.sent
        slip = rng.random()
        if slip < 0.04:
            start += 1
        elif slip < 0.08:
            commitments = commitments[:-1]
        elif slip < 0.1:
            finalize = not finalize
        elif slip < 0.12:
            data = data[:-1]
        action = self._action(
            upload.claimant, "addLeavesLPP", upload.uuid, start, data, commitments, finalize
        )
        if self._would_succeed(upload, start, data, commitments, finalize=finalize):
            upload.sent = end
        return action

    def _would_succeed(
        self, upload: Upload, start: int, data: bytes, commitments: list[Hash32], *, finalize: bool
    ) -> bool:
        """Asks a copy of the proposal, so that the upload knows how far it is."""
        proposal = self.twin.model.oracle.by_claimant.get((upload.claimant, upload.uuid))
        if proposal is None or proposal.timestamp or start != proposal.blocks_processed:
            return False
        blocks = len(padded(data) if finalize else data)
        begin = proposal.part_offset - 8 - proposal.bytes_processed
        split = 0 <= begin < len(data) <= begin + 32 and not finalize
        whole = proposal.bytes_processed + len(data) == proposal.claimed_size or not finalize
        return not blocks % 136 and blocks // 136 == len(commitments) and not split and whole

    def _challenge(self) -> Action:
        if not self.uploads:
            return self._begin()
        rng = self.rng
        upload = rng.choice(self.uploads)
        wrong = (
            upload.wrong if upload.wrong >= 0 and rng.random() < 0.6 else rng.randrange(len(upload.leaves))
        )
        if wrong == 0 or rng.random() < 0.1:
            post, proof = self._leaf(upload, wrong)
            return self._action(
                self._player(), "challengeFirstLPP", upload.claimant, upload.uuid, post, proof
            )
        return self._pair("challengeLPP", upload, min(wrong, len(upload.leaves) - 1))

    def _squeeze(self) -> Action:
        if not self.uploads:
            return self._begin()
        upload = self.rng.choice(self.uploads)
        index = len(upload.leaves) - 1
        if self.rng.random() < 0.1:
            index = max(1, index - 1)
        return self._pair("squeezeLPP", upload, index)

    def _pair(self, name: str, upload: Upload, index: int) -> Action:
        rng = self.rng
        before = index - 1 if rng.random() < 0.95 else index
        pre, pre_proof = self._leaf(upload, before)
        post, post_proof = self._leaf(upload, index)
        state = upload.states[before]
        if rng.random() < 0.05:
            state = (*state[:24], state[24] ^ 1)
        return self._action(
            *(self._player(), name, upload.claimant, upload.uuid, (state,)),
            *(pre, pre_proof, post, post_proof),
        )

    def _leaf(self, upload: Upload, index: int) -> tuple[tuple[bytes, int, Hash32], list[Hash32]]:
        sent = upload.leaves[: max(upload.sent, index + 1)]
        proof = leaf_proof(sent, index)
        if self.rng.random() < 0.05:
            proof[self.rng.randrange(16)] = Hash32(self.rng.randbytes(32))
        return _packed(upload.leaves[index]), proof

    def _wait(self) -> Action:
        period = self.twin.deployment.setting.challenge_period
        moments = [p.timestamp + period for p in self.twin.model.oracle.by_claimant.values() if p.timestamp]
        self.now = max(self.now + 1, self.rng.choice([*moments, self.now]) + self.rng.choice((-1, 0, 1, 1)))
        return self._squeeze()

    def _player(self) -> Address:
        able = [player for player in PLAYERS if player not in self.twin.model.chain.refusing]
        return self.rng.choice(able)

    def _action(self, sender: Address, function: str, *arguments: Any, value: int = 0) -> Action:
        return Action(self.now, sender, "oracle", function, arguments, value)
