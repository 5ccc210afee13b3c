"""Offline evaluation: a force measures on its own labelled images what the system does, and how sure that is."""
