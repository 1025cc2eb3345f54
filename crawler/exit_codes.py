"""What the command line answers to a scheduler (docs/cli.md)."""

OK = 0
"""All went well."""

FINDINGS = 1
"""Something was found: `verify` or `sites check` found faults, or, with `--strict`, a
page was rejected or failed."""

MISUSE = 2
"""The command cannot be carried out as it was given."""

FAILED = 3
"""The run failed or was interrupted; the same command goes on from there."""
