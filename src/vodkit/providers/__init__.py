"""Provider rooms, one package each, found by :mod:`vodkit.core.registry`."""
