"""The program. It leaves an environment with credentials in it before it imports anything else."""

import os
import sys

_STOPPED = 130


def main() -> None:
    """The command line, in a process whose environment holds no credential."""
    try:
        from loadmaster.credentials.moving import move, receive

        move(os.environ)
        secrets = receive()
        from loadmaster.cli.app import main as command_line

        command_line(secrets)
    except KeyboardInterrupt:  # while Python still reads the program
        sys.exit(_STOPPED)


if __name__ == "__main__":
    main()
