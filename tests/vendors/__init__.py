"""The vendors' own SDKs, unmodified, against the service, through ``vodkit sandbox``."""
