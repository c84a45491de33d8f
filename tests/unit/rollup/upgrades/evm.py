"""Runs deployment code, to see the code that it leaves behind."""

from __future__ import annotations

from eth.chains.base import MiningChain
from eth.constants import CREATE_CONTRACT_ADDRESS
from eth.db.atomic import AtomicDB
from eth.vm.forks.cancun import CancunVM
from eth.vm.message import Message

from pyoprollup.eth.types import Address


def deployed_code(data: bytes, gas: int, sender: bytes) -> bytes:
    """What the deployment code ``data`` returns within ``gas``."""
    chain_class = MiningChain.configure(__name__="Deployment", vm_configuration=((0, CancunVM),), chain_id=10)
    genesis = {"difficulty": 0, "gas_limit": 100_000_000, "timestamp": 1}
    state = chain_class.from_genesis(AtomicDB(), genesis).get_vm().state
    context = state.get_transaction_context_class()(gas_price=0, origin=sender)
    message = Message(
        gas=gas,
        to=CREATE_CONTRACT_ADDRESS,
        sender=Address(sender),
        value=0,
        data=b"",
        code=data,
        create_address=b"\x01" * 20,
    )
    computation = state.computation_class.apply_create_message(state, message, context)
    computation.raise_if_error()
    return bytes(computation.output)
