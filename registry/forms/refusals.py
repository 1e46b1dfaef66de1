"""What services and domain code raise, as errors at the fields of a form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django import forms
from django.utils.translation import gettext as _

from hub.domain.decisions import PermissionRefused
from hub.domain.slugs import InvalidName
from registry.domain.faults import Fault, ManifestInvalid
from registry.domain.versions import InvalidVersion
from registry.services import packages, releases

FIELDS_OF_FILES = {"README.md": "readme", "CHANGELOG.md": "changelog"}
SHOWN_FILES = frozenset({*FIELDS_OF_FILES, "manifest.yaml", "manifest.md"})
MAX_SHOWN = 25


@contextmanager
def refusals_on(form: forms.BaseForm) -> Iterator[None]:
    """Turn a refusal of the service called inside into errors of `form`; the view goes on after the block and shows it."""
    try:
        yield
    except ManifestInvalid as error:
        add_faults(form, error.faults)
    except (InvalidVersion, releases.VersionExists) as error:
        _add(form, "version", str(error))
    except (InvalidName, packages.PackageExists) as error:
        _add(form, "name", str(error))
    except releases.InvalidWords as error:
        _add(form, "fixes" if "fixes" in form.fields else error.field, str(error))
    except (PermissionRefused, releases.PackageGone, releases.TakesNoReleases) as error:
        form.add_error(None, str(error))


def add_faults(form: forms.BaseForm, faults: list[Fault]) -> None:
    """Each fault with its line, column and mend at the field whose text it is about."""
    for fault in faults[:MAX_SHOWN]:
        _add(form, FIELDS_OF_FILES.get(fault.file, "manifest"), in_words(fault))
    if (rest := len(faults) - MAX_SHOWN) > 0:
        form.add_error(None, _("%(count)d more faults are not shown.") % {"count": rest})


def in_words(fault: Fault) -> str:
    """A fault as one line for people."""
    place = _("Line %(line)d, column %(column)d:") % {"line": fault.place.line, "column": fault.place.column}
    # The form shows the manifest, README and changelog in fields of their own, so that only other files need their name.
    where = "" if fault.file in SHOWN_FILES else f"{fault.file}: "
    return f"{where}{place} {fault.message} {fault.mend}".rstrip()


def _add(form: forms.BaseForm, field: str, words: str) -> None:
    form.add_error(field if field in form.fields else None, words)
