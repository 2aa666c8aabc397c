"""The command line. One module is one group of commands; each imports what it needs only when it runs."""

from service.cli.app import main

__all__ = ["main"]
