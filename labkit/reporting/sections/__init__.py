"""The sections of a report, each from the same :class:`labkit.reporting.view.View`."""
