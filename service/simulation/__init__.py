"""Trying a policy on the issues there are, before it is in force."""
