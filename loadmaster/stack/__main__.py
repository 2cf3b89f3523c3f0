"""`python -m loadmaster.stack HOME PROJECT-ROOT STACK`: the supervisor, which `up` starts. STACK: the record, as JSON."""

import sys
from pathlib import Path

from loadmaster.stack.record import Stack
from loadmaster.stack.supervising import supervise

supervise(Path(sys.argv[1]), Path(sys.argv[2]), Stack.model_validate_json(sys.argv[3]))
