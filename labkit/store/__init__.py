"""The folder of committed cells: every path, atomic writes, commits, attempts, damage."""
