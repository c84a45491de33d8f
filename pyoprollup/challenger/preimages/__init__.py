"""Pre-images: from what a step of the VM reads to what the oracle contract has.

``loader`` makes of a read what the contract is to be given, from the files of ``source``. ``split`` brings
it there: by ``direct`` in one transaction, or by ``large`` in many, where it is a keccak pre-image of a size
that the contract takes in parts.

Specification: fault-proof/index.md, "Pre-image Oracle".
"""

from pyoprollup.challenger.preimages.direct import DirectPreimageUploader
from pyoprollup.challenger.preimages.errors import (
    ChallengePeriodNotOver,
    InvalidPreimage,
    PreimageCountered,
    PreimageError,
    PreimagesUnreadable,
    PreimageUnsupported,
    UploadIncomplete,
)
from pyoprollup.challenger.preimages.key_types import check_part, key_type
from pyoprollup.challenger.preimages.large import LargePreimageUploader, new_uuid, split_calls
from pyoprollup.challenger.preimages.loader import PreimageLoader
from pyoprollup.challenger.preimages.ports import (
    PreimageGameContract,
    PreimageOracleContract,
    PreimageUploader,
)
from pyoprollup.challenger.preimages.source import DirectoryPreimageSource, PreimageSource
from pyoprollup.challenger.preimages.split import SplitPreimageUploader
from pyoprollup.preimage.keys import KeyType, typed_key

__all__ = [
    "ChallengePeriodNotOver",
    "DirectPreimageUploader",
    "DirectoryPreimageSource",
    "InvalidPreimage",
    "KeyType",
    "LargePreimageUploader",
    "PreimageCountered",
    "PreimageError",
    "PreimageGameContract",
    "PreimageLoader",
    "PreimageOracleContract",
    "PreimageSource",
    "PreimageUnsupported",
    "PreimageUploader",
    "PreimagesUnreadable",
    "SplitPreimageUploader",
    "UploadIncomplete",
    "check_part",
    "key_type",
    "new_uuid",
    "split_calls",
    "typed_key",
]
