"""HTTP: the API for handhelds and integrations, and the supervisors' console."""
