"""The work of the commands, one module for each that does more than ask. The outermost layer: it may import everything."""
