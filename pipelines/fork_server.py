"""Imported by the server that workers are forked from, and by nothing else.

A SIGTERM for the whole process group must not end it while the parent still finishes
the pages at hand; it ends by itself with the parent.
"""

import signal

signal.signal(signal.SIGTERM, signal.SIG_IGN)
