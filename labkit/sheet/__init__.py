"""The lab sheet of a course: what every student runs, answers and hands in, as one file."""

from labkit.sheet.against import against as against
from labkit.sheet.points import points as points
from labkit.sheet.reading import Sheet as Sheet
from labkit.sheet.reading import read_sheet as read_sheet
