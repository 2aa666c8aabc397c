"""Closeout: post-mortem follow-through inside GitHub and GitLab."""
