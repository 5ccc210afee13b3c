"""A bounded number of images is worked on at once."""

from __future__ import annotations

import threading

import pytest

from server.domain.errors import Busy
from server.web.deps import SearchPlaces


def test_who_finds_no_place_is_told_so() -> None:
    places = SearchPlaces(2, patience=0)
    with places.taken(), places.taken(), pytest.raises(Busy), places.taken():
        pytest.fail("a third place")


def test_a_place_is_given_back_also_after_a_fault() -> None:
    places = SearchPlaces(1, patience=0)
    with pytest.raises(ZeroDivisionError), places.taken():
        raise ZeroDivisionError
    with places.taken():
        assert True


def test_the_patient_get_the_place_that_becomes_free() -> None:
    places, served = SearchPlaces(1, patience=60), threading.Event()

    def wait_for_a_place() -> None:
        with places.taken():
            served.set()

    waiting = threading.Thread(target=wait_for_a_place)
    with places.taken():
        waiting.start()
        assert not served.is_set()
    waiting.join()
    assert served.is_set()
