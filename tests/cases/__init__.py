"""What people met with, as small cases through the real command line."""
