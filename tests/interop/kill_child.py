"""A process that runs a chain on a store, until it is killed. It is started by the kill test only.

A zygote loads everything once; each life is a fork of it, since loading takes far longer than a life lasts.
Each line of standard input is how many seconds the next life lasts. On standard output it says what it
does: ``add HASH`` before a new payload, ``try HASH SAFE FINALIZED`` before a forkchoice update, and ``ok``
when that is acknowledged. The zygote says ``dead`` when it is.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import time
from pathlib import Path
from typing import Any

from pyoprollup.engine import ForkchoiceState
from pyoprollup.eth.types import Hash32
from pyoprollup.execution.in_process import InProcessEngine
from pyoprollup.execution.store import MemoryStore
from tests.unit.execution.store.support import open_store


def say(text: str) -> None:
    os.write(1, text.encode() + b"\n")


def live(folder: Path, kind: str, config: Any, genesis: Any, blocks: dict[Hash32, Any]) -> None:
    """Follow the main chain from where the head is, going over to the side branches on the way.

    ``blocks`` are in order; a block's children come in order too, and the last one leads on.
    """
    store = open_store(kind, folder, window=4)
    engine = InProcessEngine.from_genesis(config, genesis, store)
    children: dict[Hash32, list[Hash32]] = {}
    for block_hash, envelope in blocks.items():
        children.setdefault(envelope.payload.parent_hash, []).append(block_hash)
    head = store.heads.unsafe
    if head not in children and head != genesis.hash:
        head = blocks[head].payload.parent_hash  # on a side branch, or at the end
    while head in children:
        for child in children[head]:
            say(f"add {child.hex()}")
            assert engine.new_payload(blocks[child]).status == "VALID"
            ancestors = [child]
            while ancestors[-1] != genesis.hash and len(ancestors) < 5:
                ancestors.append(blocks[ancestors[-1]].payload.parent_hash)
            safe, final = ancestors[min(2, len(ancestors) - 1)], ancestors[-1]
            say(f"try {child.hex()} {safe.hex()} {final.hex()}")
            result = engine.forkchoice_updated(ForkchoiceState(child, safe, final), None)
            assert result.payload_status.status == "VALID"
            say("ok")
        head = children[head][-1]


def main() -> None:
    folder, kind = Path(sys.argv[1]), sys.argv[2]
    config, genesis, blocks = pickle.loads((folder / "blocks").read_bytes())
    warm = InProcessEngine.from_genesis(config, genesis, MemoryStore())
    assert all(warm.new_payload(envelope).status == "VALID" for envelope in list(blocks.values())[:8])
    say("ready")
    for seconds in sys.stdin:
        pid = os.fork()
        if not pid:
            try:
                live(folder, kind, config, genesis, blocks)
            finally:
                os._exit(0)
        time.sleep(float(seconds))
        os.kill(pid, signal.SIGKILL)  # if it has ended, it is a zombie still
        os.waitpid(pid, 0)
        say("dead")


if __name__ == "__main__":
    main()
