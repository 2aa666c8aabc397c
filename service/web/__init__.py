"""What the service says over HTTP: webhooks in, health out, and one page for people."""
