"""The registry's exceptions as problems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hub.api.problems import Problem
from hub.domain.slugs import InvalidName
from hub.keyset import InvalidCursor
from registry.domain.faults import ManifestInvalid
from registry.domain.versions import InvalidRange, InvalidVersion
from registry.services import packages, releases


@contextmanager
def as_problems() -> Iterator[None]:
    """Turn what services and domain code raise into answers."""
    try:
        yield
    except ManifestInvalid as error:
        count = len(error.faults)
        detail = str(error.faults[0]) if count == 1 else f"The manifest has {count} faults."
        raise Problem(422, "manifest_invalid", detail, [fault.as_json() for fault in error.faults]) from None
    except (InvalidVersion, InvalidRange) as error:
        raise Problem(400, "version_invalid", str(error)) from None
    except InvalidName as error:
        raise Problem(400, "name_invalid", str(error)) from None
    except InvalidCursor as error:
        raise Problem(400, "cursor_invalid", f"{error} Start again without “cursor”.") from None
    except releases.InvalidWords as error:
        raise Problem(400, "invalid", str(error), [{"field": error.field, "message": str(error)}]) from None
    except packages.UnknownKind as error:
        raise Problem(400, "kind_unknown", str(error)) from None
    except packages.PackageExists as error:
        raise Problem(409, "package_exists", str(error)) from None
    except releases.VersionExists as error:
        raise Problem(409, "version_exists", str(error)) from None
    except releases.TakesNoReleases as error:
        raise Problem(409, error.code, str(error)) from None
    except releases.PackageGone as error:
        raise Problem(404, "not_found", str(error)) from None
