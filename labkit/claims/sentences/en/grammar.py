"""What only English needs: numbers in words, plurals, articles, capitals."""

#: One to twelve in words.
COUNTS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
#: Names that are written with a capital everywhere.
PROPER = ("Adam", "Fashion-MNIST", "RMSprop", "Wasserstein")


def count(n: int) -> str:
    """A whole number in words up to twelve."""
    return COUNTS[n - 1] if 0 < n <= len(COUNTS) else str(n)


def lower(text: str) -> str:
    """A sentence as part of another; abbreviations, symbols and proper names stay as they are."""
    named = text.startswith(PROPER) or not text[1:2].islower()
    return text if named else text[0].lower() + text[1:]


def a(word: str) -> str:
    """ "a GAN", "an InfoGAN"."""
    return f"{'an' if word.startswith(tuple('AEIOUaeiou')) else 'a'} {word}"


def plural(word: str) -> str:
    """An English plural good enough for labels: GANs, losses, epochs."""
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def uncapitalised(label: str) -> str:
    """ "Proxy FID" becomes "proxy FID"; "KL loss" and "D accuracy" stay."""
    first = label.split(" ", 1)[0]
    return label[0].lower() + label[1:] if len(first) > 1 and first[1:].islower() else label
