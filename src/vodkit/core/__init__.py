"""Nouns and contracts. Nothing in this room does I/O, and nothing here knows a provider by name."""
