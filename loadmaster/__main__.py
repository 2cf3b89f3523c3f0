"""The program. It leaves an environment with credentials in it before it imports anything else."""

import os

from loadmaster.credentials.moving import move, receive


def main() -> None:
    """The command line, in a process whose environment holds no credential."""
    move(os.environ)
    secrets = receive()
    from loadmaster.cli.app import main as command_line

    command_line(secrets)


if __name__ == "__main__":
    main()
