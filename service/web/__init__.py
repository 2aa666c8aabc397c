"""What the service says over HTTP: webhooks in, health out, and one page for people."""

from service.web.app import Parts, Receiver, create_app

__all__ = ["Parts", "Receiver", "create_app"]
