"""What the command line does, one module a command that is more than a question. The outermost layer: it may import all."""
