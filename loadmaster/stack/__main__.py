"""`python -m loadmaster.stack HOME PROJECT-ROOT`: the supervisor, which `up` starts."""

import sys
from pathlib import Path

from loadmaster.stack.supervising import supervise

supervise(Path(sys.argv[1]), Path(sys.argv[2]))
