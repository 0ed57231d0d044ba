"""Names of files and folders that a shell, a pattern or a table stumbles over.

None ends in a suffix, and to each one of four letters may be added.
"""

LONG = "x" * 250
ODD_NAMES = (
    "mix [2024]",
    "a*b?",
    "two  blanks ",
    'it\'s "quoted"',
    "line\nend",
    "\u97f3\u697d e\u0301t\u00e9",
    LONG,
    "-flag=1",
    "100% {x} $HOME #~",
    "back\\slash, comma;",
)
