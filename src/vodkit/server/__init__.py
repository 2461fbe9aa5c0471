"""The provider-free VOD service. It reaches provider rooms only through :mod:`vodkit.core.registry`."""
