"""What is drawn in a picture of the png exporter."""

import numpy as np
from host_tools.export import png
from PIL import Image


def lines(path):
    """Where its lines are: True for each of their pixels."""
    pixels = np.asarray(Image.open(path).convert("RGB")).astype(int)
    colour = [int(png.LINE[i : i + 2], 16) for i in (1, 3, 5)]
    return np.abs(pixels - colour).sum(axis=2) < 60
