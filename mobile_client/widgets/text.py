"""The five kinds of text."""

from mobile_client.widgets.loading import load_rules

load_rules(__file__)
