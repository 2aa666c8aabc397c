"""`closeout demo`: one incident's whole life on each forge, through signed webhooks and real HTTP on loopback."""

from service.demo.play import keep_open, run

__all__ = ["keep_open", "run"]
