"""The rules of a dispute game: what can be claimed, and what an honest player answers."""
