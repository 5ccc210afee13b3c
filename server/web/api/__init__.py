"""HTTP version 1, for handhelds and integrations. Routes translate; the workflows decide."""
