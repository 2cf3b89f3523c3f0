"""What tests borrow: worlds, workspaces, answers, programs that behave in one way."""
