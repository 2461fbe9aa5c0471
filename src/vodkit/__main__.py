"""``python -m vodkit``."""

from vodkit.cli.main import main

if __name__ == "__main__":
    main()
