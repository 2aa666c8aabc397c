"""GitHub and GitHub Enterprise Server: the adapter, its webhook parser and its credentials."""
