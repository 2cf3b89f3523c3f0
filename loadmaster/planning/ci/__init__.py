"""What a job of a CI is told: annotations, the summary of a step, SARIF. Values in, text out."""
