"""Longer runs against material from elsewhere, none of it part of the project: see CONTRIBUTING.md."""
