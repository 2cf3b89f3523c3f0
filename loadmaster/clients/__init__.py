"""How the outside is touched: one module per outside thing, small functions that try once and raise from the catalogue."""
