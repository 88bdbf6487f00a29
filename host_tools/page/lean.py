"""Takes out of uPlot what the page does not use: a third of it.

Its module has one build for everybody. What is switched off here (legends, cursors, other scales
than linear, scatter charts, words of dates, lines but steps) is then dropped by the minifier.
Each says how often it has to fit: another version of uPlot fails here, not in a browser.
"""

import re

# What, by what, how often
_CHANGES = (
    # Its charts of points, each with an x of its own
    (r"\bmode == 2\b", "false", 16),
    (r"\bmode == 1\b", "true", 16),
    # Logarithmic scales and those of another user
    (r"\b(?:\w+\.)?distr ==\s+(?:2|3|4|100)\b", "false", 30),
    (r"\bsc\.distr >= 3\b", "false", 1),
    # Its legend: plot.js says the values itself
    (r"showLegend = legend\.show\b", "showLegend = false", 1),
    (r"\blegend\.(?:live|show)\b", "false", 8),
    (r"function initLegendRow\([^)]*\) \{", r"\g<0> return [];", 1),
    # Lines and points
    (r"(const (?:linear|points)Path\s*=) \w+\(\)", r"\1 null", 2),
    # Series that come and go
    (r"\tself\.(?:add|del)Series\s*=.*\n", "", 2),
    # Its words for numbers and dates: format.js has those. They fail where the system's language is
    # none, as in the C locale.
    (r"new Intl\.NumberFormat\([^)]*\)", "{ format: String }", 1),
    (r"new Intl\.DateTimeFormat\(\)\.resolvedOptions\(\)\.timeZone", "null", 1),
    (r"\tconst _fmtDate .*\n", "", 1),
    (r"(\tconst _time(?:AxisVals|SeriesVal)\s*=) .*\n", r"\1 null;\n", 2),
    (r"isStr\(sv\) \? timeSeriesVal.*? : sv \|\|", "sv ||", 1),
    (r"timeAxisVals\(_tzDate, timeAxisStamps\(av, _fmtDate\)\)", "null", 1),
    (r"timeAxisVal\(_tzDate, av\)", "null", 1),
    # Its cursor, selection and mouse: gestures.js and plot.js have those
    (r"showCursor\s*=\s*cursor\.show\b", "showCursor = false", 1),
    (r"function updateCursor\([^)]*\) \{", r"\g<0> return;", 1),
    (r"\t// internal pub/sub[\s\S]*(?=\t// external on/off)", "", 1),
    (r"\tconst seriesIdxMatcher =[\s\S]*\tself\.pub = pub;\n", "", 1),
    (r"\t\tsync\.unsub\(self\);\n", "", 1),
    # What it offers to callers, but for steps
    (r"uPlot\.assign = assign;[\s\S]*(?=export \{ uPlot as)", "uPlot.paths = { stepped };\n", 1),
)  # fmt: skip


def lean(source: str) -> str:
    """The module without that. ValueError if it is not the version that this was written for."""
    for pattern, replacement, expected in _CHANGES:
        source, count = re.subn(pattern, replacement, source)
        if count != expected:
            raise ValueError(f"uPlot has {count} times what should be there {expected}: {pattern}")
    return source
