"""What made the pinned and bundled files, and what proves the measures."""
