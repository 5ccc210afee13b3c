"""One module per human act. Knows the domain and the ports; knows no framework and no adapter."""
