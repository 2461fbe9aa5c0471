"""Persons: who plays in shows."""

from __future__ import annotations

from typing import Any

from ._calls import Calls, get


class YoukuPersons(Calls):
    """Finds persons."""

    @get("persons/show")
    def find_person_by_id(self, person_id: Any) -> Any:
        """One person."""

    @get("persons/show_batch")
    def find_persons_by_ids(self, person_ids: Any) -> Any:
        """Several persons; ids in a list, or separated by commas."""

    @get("persons/by_type")
    def find_persons_by_type(
        self,
        type: Any,
        nationality: Any = None,
        gender: Any = None,
        firstletter: Any = None,
        orderby: Any = "view-week-count",
        page: Any = 1,
        count: Any = 20,
    ) -> Any:
        """Persons of a profession."""
