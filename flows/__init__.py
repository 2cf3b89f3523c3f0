"""The flows that a person starts. A flow fits on a screen; the work is done in `loadmaster`."""

from loadmaster.errors.log_lines import log_expected_errors_in_one_line

log_expected_errors_in_one_line()
