"""The command line. One file per command, found by its file name; a command parses, calls, and prints."""
