"""In which form a command prints what it has to say: text, JSON, GitHub's annotations and summary, or SARIF."""
