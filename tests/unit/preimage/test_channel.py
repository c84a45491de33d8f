from __future__ import annotations

import os
from threading import Thread

import pytest

from pyoprollup.preimage import (
    ChannelClosed,
    ChannelTimeout,
    FileChannel,
    channel_pair,
    hint_client_channel,
    preimage_client_channel,
)


def test_what_is_written_here_is_read_there() -> None:
    here, there = channel_pair(10)
    here.write(b"question")
    assert there.read(8) == b"question"
    there.write(b"answer")
    assert here.read(6) == b"answer"


def test_more_than_a_pipe_holds_waits_for_the_reader() -> None:
    here, there = channel_pair(20)
    data = os.urandom(1 << 20)
    writer = Thread(target=here.write, args=(data,))
    writer.start()
    assert there.read(len(data)) == data
    writer.join()


def test_the_end_is_allowed_at_the_start_of_a_message_only() -> None:
    here, there = channel_pair(10)
    here.close()
    here.close()
    assert there.read(4, at_start=True) == b""
    with pytest.raises(ChannelClosed, match="4 bytes short"):
        there.read(4)
    with pytest.raises(ChannelClosed, match="cannot be written"):
        there.write(b"x")
    with pytest.raises(ChannelClosed, match="is closed"):
        here.write(b"x")


def test_the_end_within_a_message_is_an_error() -> None:
    here, there = channel_pair(10)
    here.write(b"ab")
    here.close()
    with pytest.raises(ChannelClosed, match="2 bytes short of 4"):
        there.read(4, at_start=True)


def test_silence_ends() -> None:
    here, there = channel_pair(0.05)
    with pytest.raises(ChannelTimeout, match=r"0\.05 seconds"):
        there.read(1, at_start=True)
    here.write(b"a")
    with pytest.raises(ChannelTimeout):
        there.read(2)


def test_a_reader_that_takes_nothing_ends_the_writing() -> None:
    here, _there = channel_pair(0.05)
    with pytest.raises(ChannelTimeout):
        here.write(bytes(1 << 20))


def test_a_descriptor_that_is_not_open_is_a_closed_channel() -> None:
    here, there = channel_pair()
    here.close()
    channel = FileChannel(here.reader, here.writer)
    with pytest.raises(ChannelClosed):
        channel.read(1)
    there.close()


def test_the_descriptors_of_a_program() -> None:
    assert (hint_client_channel().reader, hint_client_channel().writer) == (3, 4)
    assert (preimage_client_channel().reader, preimage_client_channel().writer) == (5, 6)
