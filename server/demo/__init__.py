"""Synthetic people and the demonstration run. Nobody shown here exists."""
