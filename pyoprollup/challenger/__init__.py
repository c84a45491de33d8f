"""The challenger: it plays dispute games, so that no wrong output root stands and no right one falls."""
