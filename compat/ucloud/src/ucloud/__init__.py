"""UCloud's old SDK for Python, over vodkit."""
