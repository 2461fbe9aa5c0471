"""Stands in for the vendor's package where that is not installed."""
