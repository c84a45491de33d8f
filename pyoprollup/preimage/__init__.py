"""Pre-images: what a program that is proven may read, and how it asks for it.

A fault-proof program has no other input. It *hints* at what it is about to need, and asks for *pre-images* by
a key of 32 bytes, which says what they are the pre-image of. ``keys`` has the keys, ``codec`` the messages,
``channel`` two descriptors to send them over, ``client`` and ``server`` the sides of the conversation,
``verification`` the check of an answer, ``files`` a folder to keep pre-images in. Within a VM the
conversation is the same, and the oracle contract has the last word on what a pre-image is.

Specification: fault-proof/index.md, "Pre-image Oracle".
"""

from pyoprollup.preimage.channel import (
    FileChannel,
    channel_pair,
    hint_client_channel,
    preimage_client_channel,
)
from pyoprollup.preimage.client import Hinter, HintWriter, OracleClient, PreimageOracle
from pyoprollup.preimage.codec import MAX_PREIMAGE_SIZE, HintDecoder, encode_hint, encode_preimage
from pyoprollup.preimage.errors import (
    ChannelClosed,
    ChannelTimeout,
    MessageTooLarge,
    OracleError,
    PreimageMissing,
    StoreError,
    UnsupportedKey,
    WrongPreimage,
)
from pyoprollup.preimage.files import PreimageFiles
from pyoprollup.preimage.keys import (
    KeyType,
    LocalKey,
    blob_element_key,
    keccak256_key,
    local_key,
    localize_ident,
    precompile_input,
    precompile_key,
    sha256_key,
    typed_key,
)
from pyoprollup.preimage.server import HintReader, OracleServer
from pyoprollup.preimage.verification import GetPreimage, check_preimage, with_verification

__all__ = [
    "MAX_PREIMAGE_SIZE",
    "ChannelClosed",
    "ChannelTimeout",
    "FileChannel",
    "GetPreimage",
    "HintDecoder",
    "HintReader",
    "HintWriter",
    "Hinter",
    "KeyType",
    "LocalKey",
    "MessageTooLarge",
    "OracleClient",
    "OracleError",
    "OracleServer",
    "PreimageFiles",
    "PreimageMissing",
    "PreimageOracle",
    "StoreError",
    "UnsupportedKey",
    "WrongPreimage",
    "blob_element_key",
    "channel_pair",
    "check_preimage",
    "encode_hint",
    "encode_preimage",
    "hint_client_channel",
    "keccak256_key",
    "local_key",
    "localize_ident",
    "precompile_input",
    "precompile_key",
    "preimage_client_channel",
    "sha256_key",
    "typed_key",
    "with_verification",
]
