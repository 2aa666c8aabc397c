"""Wordings compared."""

from __future__ import annotations

from service.document.likeness import fingerprint, likeness


def test_a_fingerprint_depends_on_the_words_alone() -> None:
    """Formatting, case and punctuation change nothing; another word changes it."""
    assert fingerprint("**Add** an alert!") == fingerprint("add an  alert")
    assert fingerprint("add an alert") != fingerprint("add an alarm")
    assert len(fingerprint("")) == 8


def test_likeness_runs_from_nothing_to_the_same() -> None:
    """The same words are fully alike, other words hardly."""
    assert likeness("Add an alert", "add an ALERT.") == 1
    assert (
        likeness("Add an alert on depth", "Add an alert on queue depth") > 0.8 > likeness("Add an alert", "Rotate keys")
    )
