"""The command line: options, help, exit codes. The outermost layer: nothing else imports it."""
