"""What a Docker engine answers when it does not do as it was told, in the catalogue's words.

Knows the exceptions of docker, requests and the operating system, and which of them mean the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import requests
from docker.errors import APIError, DockerException, ImageNotFound, NotFound

from loadmaster.errors.base import LoadmasterError
from loadmaster.errors.smoke import (
    EngineAbsent,
    EngineForbidden,
    EngineGone,
    EngineHanging,
    EngineImageMissing,
    EngineLacksCapability,
    EngineRefused,
)

CONFLICT = 409
"""The status for what the state of a thing does not allow: killing what has ended, removing what is in use."""


@contextlib.contextmanager
def answering(address: str, patience: float, *, image: str = "") -> Iterator[None]:
    """Raises the catalogue's errors for what is raised within, of an engine that has answered before.

    `patience`: seconds that were given to an answer. `image`: what a container is to be made of.
    """
    try:
        yield
    except ImageNotFound as error:
        raise EngineImageMissing(image or "unnamed", address) from error
    except APIError as error:
        told = words_of(error)
        if "unknown capability" in told.lower():
            raise EngineLacksCapability(address, told) from error
        raise EngineRefused(address, error.status_code or 0, told) from error
    except requests.ReadTimeout as error:
        raise EngineHanging(address, patience) from error
    except DockerException as error:
        raise EngineRefused(address, 200, str(error)) from error
    except requests.RequestException as error:
        if "timed out" in str(error):
            raise EngineHanging(address, patience) from error
        raise EngineGone(address, _innermost(error)) from error


@contextlib.contextmanager
def passing_over_what_went() -> Iterator[None]:
    """Somebody else removed it meanwhile. Docker may fail for a whole list then, by 500: `layer does not exist`."""
    try:
        yield
    except APIError as error:
        if not isinstance(error, NotFound) and "does not exist" not in words_of(error):
            raise


def unreachable(error: DockerException, address: str, patience: float) -> LoadmasterError:
    """Why no engine could be connected to: docker wraps all that may be wrong into one exception."""
    told = str(error)
    if "PermissionError" in told:
        return EngineForbidden(address)
    if "Read timed out" in told:
        return EngineHanging(address, patience)
    return EngineAbsent(address, _innermost(error))


def words_of(error: APIError) -> str:
    return str(error.explanation or error)


def _innermost(error: BaseException) -> str:
    """The words at the bottom of a chain of wrapped errors: those of the operating system, where there are any."""
    seen: BaseException | None = error
    while seen is not None:
        error, seen = seen, seen.__cause__ or seen.__context__
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or "it broke off"
