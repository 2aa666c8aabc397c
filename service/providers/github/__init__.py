"""GitHub and GitHub Enterprise Server: the adapter, its webhook parser and its credentials."""

from service.providers.github.auth import AppAuth, TokenAuth
from service.providers.github.client import GitHub
from service.providers.github.webhook import parse

__all__ = ["AppAuth", "GitHub", "TokenAuth", "parse"]
