"""From YAML to a plan: reader, schema, grid, spec, fingerprint; and the recipes."""
