"""Pure values and rules: standard library and numpy only. What the product is, without how it runs."""
