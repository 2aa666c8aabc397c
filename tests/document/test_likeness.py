"""Wordings compared."""

from __future__ import annotations

from service.document.likeness import fingerprint, fingerprints, likeness


def test_a_fingerprint_depends_on_the_words_alone() -> None:
    """Formatting, case and punctuation change nothing; another word changes it."""
    assert fingerprint("**Add** an alert!") == fingerprint("add an  alert")
    assert fingerprint("add an alert") != fingerprint("add an alarm")
    assert len(fingerprint("")) == 8


def test_the_same_words_are_told_apart_by_their_order() -> None:
    """A line that is added before or after leaves the names of the others as they are."""
    one, two, again = fingerprints(["Add an alert", "Rotate keys", "add an **alert**"])
    assert (one, two) == (fingerprint("Add an alert"), fingerprint("Rotate keys"))
    assert len({one, two, again}) == 3
    assert {len(name) for name in (one, two, again)} == {8}
    assert fingerprints(["Add an alert", "Add an alert", "Rotate keys"]) == (one, again, two)


def test_likeness_runs_from_nothing_to_the_same() -> None:
    """The same words are fully alike, other words hardly."""
    assert likeness("Add an alert", "add an ALERT.") == 1
    assert (
        likeness("Add an alert on depth", "Add an alert on queue depth") > 0.8 > likeness("Add an alert", "Rotate keys")
    )
