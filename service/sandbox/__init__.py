"""A small forge that speaks GitHub's and GitLab's API and webhooks: for the demo, tests and benchmarks."""

from service.sandbox.server import Sandbox

__all__ = ["Sandbox"]
