"""The work queue: one row an issue, claimed by lease, so that an issue is never looked at twice at once."""
