#!/usr/bin/env python3
"""Writes data-fixtures/pictures: small images in the formats that crates/mis-io reads, and what Pillow finds in them.

    python data-fixtures/pictures.py data-fixtures/pictures

Needs Pillow and numpy; their versions are recorded in reference.json.
"""
import json
import os
import sys

import numpy
import PIL
from PIL import Image

ROWS, COLUMNS = 5, 7


def main(folder):
    rng = numpy.random.default_rng(0)
    grey = rng.integers(0, 256, (ROWS, COLUMNS), dtype="u1")
    rgb = rng.integers(0, 256, (ROWS, COLUMNS, 3), dtype="u1")
    deep = rng.integers(0, 65536, (ROWS, COLUMNS), dtype="u2")
    bits = rng.integers(0, 2, (ROWS, COLUMNS), dtype="u1")
    opaque = numpy.dstack([rgb, numpy.full((ROWS, COLUMNS), 255, "u1")])
    glass = numpy.dstack([rgb, grey])
    smooth = numpy.add.outer(numpy.arange(ROWS) * 20, numpy.arange(COLUMNS) * 9).astype("u1")
    black_white = Image.fromarray(bits * 255).convert("1", dither=Image.Dither.NONE)
    palette = Image.fromarray(rgb).quantize(8)
    images = {
        "grey.png": (Image.fromarray(grey), grey),
        "grey16.png": (Image.fromarray(deep), deep),
        "rgb.png": (Image.fromarray(rgb), rgb),
        "opaque.png": (Image.fromarray(opaque), rgb),
        "glass.png": (Image.fromarray(glass), glass),
        "bits.png": (black_white, bits),
        "palette.png": (palette, numpy.asarray(palette.convert("RGB"))),
        "grey.tif": (Image.fromarray(grey), grey),
        "grey16.tif": (Image.fromarray(deep), deep),
        "rgb.tiff": (Image.fromarray(rgb), rgb),
        "bits.tif": (black_white, bits),
        "grey.bmp": (Image.fromarray(grey), numpy.dstack([grey] * 3)),
        "rgb.bmp": (Image.fromarray(rgb), rgb),
        "smooth.jpg": (Image.fromarray(smooth), None),
    }
    os.makedirs(folder, exist_ok=True)
    reference = {}
    for name, (image, values) in images.items():
        path = os.path.join(folder, name)
        image.save(path, **({"quality": 95} if name.endswith("jpg") else {}))
        values = numpy.asarray(Image.open(path)) if values is None else values
        channels = values[None] if values.ndim == 2 else values.transpose(2, 0, 1)
        reference[name] = {"shape": list(channels.shape), "values": channels.ravel().tolist()}
    made_with = {"pillow": PIL.__version__, "numpy": numpy.__version__}
    with open(os.path.join(folder, "reference.json"), "w") as file:
        json.dump({"made_with": made_with, "images": reference}, file)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
