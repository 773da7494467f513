"""What a statement means and when it holds: one function per kind of statement."""
