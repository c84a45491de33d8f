"""The host: gives a program its pre-images, which it fetches from nodes by the program's hints.

``local`` are the pre-images about the claim, ``sources`` what is read from outside, which ``in_process`` and
``rpc`` have. ``prefetcher`` makes pre-images of what hints are about, with ``payload_hint`` for the longest
ones, ``stores`` keep them, and ``host`` answers, in process or over descriptors.
"""
