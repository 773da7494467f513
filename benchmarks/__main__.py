"""``python -m benchmarks``: all that a CPU can be asked; ``python -m benchmarks gpu``: a card."""

from __future__ import annotations

import sys


def main() -> None:
    """Hand over to the one that was asked for; neither imports what the other needs."""
    if sys.argv[1:2] == ["gpu"]:
        from benchmarks.gpu import main as gpu

        sys.exit(gpu.main(sys.argv[2:]))
    from benchmarks import suite

    suite.main()


if __name__ == "__main__":
    main()
