"""The two functions of certifi."""

import os


def where() -> str:
    """Path of the sandbox's CA bundle."""
    return os.environ["REQUESTS_CA_BUNDLE"]


def contents() -> str:
    """The bundle itself, PEM."""
    with open(where(), encoding="ascii") as file:
        return file.read()
