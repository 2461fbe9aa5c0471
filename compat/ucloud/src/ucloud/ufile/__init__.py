"""Buckets of UFile, and what is in them."""
