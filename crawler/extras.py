"""Optional libraries: what needs one says so before it begins."""

from importlib.util import find_spec

from schemas.errors import UsageError


def require_extra(module: str, extra: str, asked_by: str) -> None:
    """Nothing, if the module can be imported.

    Args:
        module: What is needed.
        extra: The extra of this project that brings it.
        asked_by: The option that needs it.

    Raises:
        UsageError: It is not installed.
    """
    if find_spec(module) is None:
        raise UsageError(f"{asked_by} needs {module}: pip install 'copydesk[{extra}]'")
