"""What a provider can do, declared as data. A test holds every declaration to the truth."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .errors import UnsupportedOption


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can do.

    Attributes:
        options: Upload options that it honours, name to one line of documentation. The common names are
            ``title``, ``description``, ``tags``, ``category``, ``cover``, ``procedure``, ``expires``,
            ``space``, ``key``, ``content_type``; a provider may add its own.
        manifests: Whether an HLS/DASH folder can be uploaded as one media.
        unknown_length: Whether a source of unknown length can be sent without spooling it first.
        parallel_parts: Whether several parts of one item may travel at once.
        resume: Whether an interrupted upload can go on.
        empty: Whether the wire allows an empty file.
        spaces: Whether spaces (buckets) can be managed.
        callbacks: Whether a callback address can be set.
        search: Filters that ``media.list`` honours.
        download: Whether originals can be fetched.
        max_size: Largest file in bytes, or ``None`` where no limit is known.
        part_size: Bytes of a part where the provider alone decides, whatever ``part_size`` asks for;
            ``None`` where the caller may choose.
        pull: Options that it honours when it fetches a source from a URL by itself, as in ``options``; empty
            where it does not fetch.
    """

    options: Mapping[str, str]
    manifests: bool = False
    unknown_length: bool = False
    parallel_parts: bool = True
    resume: bool = True
    empty: bool = True
    spaces: bool = False
    callbacks: bool = False
    search: tuple[str, ...] = ()
    download: bool = True
    max_size: int | None = None
    part_size: int | None = None
    pull: Mapping[str, str] = field(default_factory=dict)

    def refuse_unknown(self, provider: str, given: Iterable[str]) -> None:
        """Refuse every option that is not in :attr:`options`, by name.

        Raises:
            UnsupportedOption: for the first such name, with the nearest name that would work.
        """
        _refuse(provider, given, self.options)

    def refuse_pull(self, provider: str, given: Iterable[str]) -> None:
        """Refuse a pull where there are none, and every option that is not in :attr:`pull`, by name.

        Raises:
            UnsupportedOption: for the first such name, with the nearest name that would work.
        """
        if not self.pull:
            raise UnsupportedOption(
                "sources cannot be pulled by the provider",
                provider=provider,
                advice="Upload the URL: vodkit upload URL sends it through this machine",
            )
        _refuse(provider, given, self.pull)


def _refuse(provider: str, given: Iterable[str], known: Mapping[str, str]) -> None:
    for name in given:
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"It knows: {', '.join(sorted(known))}"
        raise UnsupportedOption(f"the option {name!r} is not supported", provider=provider, advice=hint)
