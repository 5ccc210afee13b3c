"""OIFR: operator-initiated facial recognition, self-hosted, with an audit trail nobody can rewrite unseen."""
