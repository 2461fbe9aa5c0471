"""The plugin is loaded by name, so that a checkout that is not installed can be tested too."""

pytest_plugins = ["vodkit.testing.plugin"]
