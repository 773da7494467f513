"""From the table to a report: tables, plots, claims, documents. Never imports torch."""
