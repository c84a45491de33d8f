"""The contracts of dispute games, by version, with the values of :mod:`pyoprollup.challenger.game`."""
