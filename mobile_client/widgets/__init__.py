"""The parts that screens are made of; each module loads the rules beside it."""
