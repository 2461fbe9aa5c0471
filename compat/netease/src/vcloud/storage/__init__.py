"""Sending blocks, and how far they are."""
