"""The one kind of error whose own words are all its reader needs."""


class LabkitError(Exception):
    """A mistake in a file, a table or a command: one line says what, where, what is allowed.

    The command line prints it and ends with status 2; anything else is a bug and keeps
    its traceback.
    """
