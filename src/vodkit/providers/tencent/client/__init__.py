"""The client of Tencent Cloud VOD."""
