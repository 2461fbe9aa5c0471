"""Running any program, in any language, against the service on this machine.

A private certificate authority, a proxy that answers for the vendors' hosts, and the environment variables
that make a program's HTTP client use both. Nothing is installed, nothing outside the child process changes.
"""
