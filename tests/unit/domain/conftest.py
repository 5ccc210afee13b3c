"""Hypothesis without deadlines: a slow machine is not a wrong rule."""

from hypothesis import settings

settings.register_profile("steady", deadline=None, max_examples=60, stateful_step_count=30, database=None)
settings.load_profile("steady")
