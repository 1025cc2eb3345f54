"""The errors that are raised, for misuse and corrupt files only.

::

    CopydeskError
     ├── UsageError            a command or argument asks for something impossible
     ├── SiteDefinitionError   a site file is not valid, or no such site is known
     ├── TemplateError         a learnt template cannot be read, written or trusted
     ├── InputError            a path that cannot be read as pages at all
     ├── ArchiveError          a WARC cannot be written or addressed
     ├── ManifestError         a manifest is missing, unreadable or does not balance
     └── StoreError            an output folder cannot take this run

What is expected of a page (it has no article, it is a listing) is never an error:
it is a `schemas.rejection.Rejection`. What goes wrong with one page is a
`schemas.rejection.Failure`.
"""


class CopydeskError(Exception):
    """Base of all our errors; its text names the path and the field."""


class UsageError(CopydeskError):
    """A command or an argument asks for something impossible."""


class SiteDefinitionError(CopydeskError):
    """A site file is not valid, or no site of that name is known."""


class TemplateError(CopydeskError):
    """A learnt template that cannot be read or written, or is not what it was."""


class InputError(CopydeskError):
    """A path that cannot be read as pages at all."""


class ArchiveError(CopydeskError):
    """A WARC that cannot be written, or has no record where one was said to be."""


class ManifestError(CopydeskError):
    """A manifest that is missing, unreadable, or whose counts do not balance."""


class StoreError(CopydeskError):
    """An output folder that cannot take this run."""
