"""Spaces of UVideo, and what is in them."""
