"""The forges: each adapter observes an issue as a `Snapshot` and acts on a `Change`, over the forge's own SDK."""
