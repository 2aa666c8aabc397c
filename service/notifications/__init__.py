"""Telling people outside the tracker: `routing` and `letters` decide, `telling` keeps, `delivery` and `sending` send.

Nothing here is waited for by a look at an issue, and nothing else speaks Apprise.
"""
