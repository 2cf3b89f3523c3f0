"""Turns the failures of a Docker engine into errors of the catalogue.

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
"""The status for a request that the state does not allow: to kill an ended container, to remove an image in use."""


@contextlib.contextmanager
def answering(address: str, patience: float, *, image: str = "") -> Iterator[None]:
    """Turns exceptions of the block into the catalogue's errors, for an engine that has answered before.

    `patience`: seconds that an answer was allowed to take. `image`: the image for a new container.
    """
    try:
        yield
    except ImageNotFound as error:
        raise EngineImageMissing(image or "unnamed", address) from error
    except APIError as error:
        words = words_of(error)
        if "unknown capability" in words.lower():
            raise EngineLacksCapability(address, words) from error
        raise EngineRefused(address, error.status_code or 0, words) from error
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
    """Ignores that somebody else removed the object meanwhile. Docker may then fail for a whole list, with a 500:
    `layer does not exist`.
    """
    try:
        yield
    except APIError as error:
        if not isinstance(error, NotFound) and "does not exist" not in words_of(error):
            raise


def unreachable(error: DockerException, address: str, patience: float) -> LoadmasterError:
    """The error for a failed connection: docker wraps all causes into one exception."""
    words = str(error)
    if "PermissionError" in words:
        return EngineForbidden(address)
    if "Read timed out" in words:
        return EngineHanging(address, patience)
    return EngineAbsent(address, _innermost(error))


def words_of(error: APIError) -> str:
    return str(error.explanation or error)


def _innermost(error: BaseException) -> str:
    """The words of the first error in a chain of wrapped ones: the operating system's, if there are any."""
    cause: BaseException | None = error
    while cause is not None:
        error, cause = cause, cause.__cause__ or cause.__context__
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or "it broke off"
