"""The database, the keys that seal it, and the probe vault. Adapters of `server.workflow`."""
