"""Blobs from beacon nodes and archives, checked against the hashes that L1's transactions name.

:class:`BeaconClient` implements :class:`~pyoprollup.sources.l1.BlobSource` with one or more servers of the
beacon API, of either of the two forms in which they give blobs. Needs the extra ``node``.

Specification: beacon-APIs, getBlobs and getBlobSidecars; EIP-4844; protocol/ecotone/derivation.md, Blob
Retrieval.
"""

from pyoprollup.l1.beacon.absent import NoBeacon
from pyoprollup.l1.beacon.client import BeaconClient
from pyoprollup.l1.beacon.options import BeaconOptions

__all__ = ["BeaconClient", "BeaconOptions", "NoBeacon"]
