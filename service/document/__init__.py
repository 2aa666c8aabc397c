"""Lossless Markdown: read a post-mortem as sections, fields, timeline and action items; edit single lines."""
