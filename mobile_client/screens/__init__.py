"""One screen for each step of the flow; screens bind, the flow decides."""
