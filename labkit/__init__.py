"""labkit: from one YAML file to a lab report that can be defended."""

__version__ = "0.1.0"
