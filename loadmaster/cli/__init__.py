"""The command line: options, help, exit codes. The roof: nothing else imports it."""
