"""A host for tests: ``python -m tests.unit.cannon.host TABLE [FAULT]`` serves a JSON table of pre-images.

Faults: ``wrong`` data, an ``endless`` length, ``silent``, ``close`` early, ``half`` of an answer, ``stay``
when the channels are closed.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from threading import Thread

from pyoprollup.preimage import FileChannel, HintReader, OracleError, OracleServer


def main(table: str, fault: str = "") -> None:
    """Serve until the channels are closed."""
    preimages = {bytes.fromhex(key[2:]): bytes.fromhex(data[2:]) for key, data in json.loads(table).items()}
    hints = HintReader(FileChannel(3, 4))

    def take() -> None:
        try:
            while hints.handle_next(lambda hint: print("hint", hint.decode("latin-1"), flush=True)):
                pass
        except OracleError:
            pass

    Thread(target=take, daemon=True).start()
    stream = FileChannel(5, 6)
    try:
        while True:
            if fault:
                key = stream.read(32)
                if fault == "wrong":
                    stream.write((1).to_bytes(8, "big") + b"?")
                elif fault == "endless":
                    stream.write(b"\xff" * 8)
                elif fault == "half":
                    stream.write((100).to_bytes(8, "big") + b"half")
                    os._exit(3)
                elif fault == "close":
                    os._exit(4)
                elif fault == "silent":
                    time.sleep(60)
                assert key
            elif not OracleServer(stream).serve_next(preimages.__getitem__):
                break
    except OracleError:
        if fault == "stay":
            time.sleep(60)


if __name__ == "__main__":
    main(Path(sys.argv[1]).read_text(), *sys.argv[2:])
