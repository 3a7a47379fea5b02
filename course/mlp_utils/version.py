"""The version of the package, by itself, so that nothing has to load the package to know it."""

__version__ = "0.3.0"
