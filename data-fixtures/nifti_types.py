#!/usr/bin/env python3
"""Writes nifti_types.json: small files of every voxel type, in both byte orders, and what nibabel reads from them, for
crates/mis-io/tests/types.rs.

    python data-fixtures/nifti_types.py > data-fixtures/nifti_types.json

Each type is a NIfTI-1 in one file and a NIfTI-2 as a header with compressed voxels beside it; integers are there with
a slope too. Needs nibabel and numpy; their versions are recorded in the output.
"""
import gzip
import json
import os
import tempfile

import nibabel
import numpy

SHAPE = (3, 2, 2)
TYPES = ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8", "rgb", "rgba")
# Slices first, running down; each step another.
AFFINE = numpy.array([[0, 0, -0.75, 10], [0, 1.5, 0, -20], [-3, 0, 0, 30], [0, 0, 0, 1]])
# Where a slope and an intercept lie in the header, and as which numbers.
SCALING = {1: (112, "f4"), 2: (176, "f8")}


def stored(kind):
    """Values at both ends of a type's range and in between."""
    n = int(numpy.prod(SHAPE))
    if kind.startswith("rgb"):
        dtype = numpy.dtype([(color, "u1") for color in kind.upper()])
        return ((numpy.arange(n * len(kind)) * 37) % 256).astype("u1").view(dtype).reshape(SHAPE, order="F")
    dtype = numpy.dtype(kind)
    info = numpy.finfo(dtype) if kind[0] == "f" else numpy.iinfo(dtype)
    values = numpy.array([info.min, info.max] + [3 * i + 1 for i in range(n - 2)], dtype)
    if kind == "f8":
        values[:2] = -1e30, 1e30  # beyond f32 there is infinity alone
    return values.reshape(SHAPE, order="F")


def voxels(image):
    """Voxels as f32 (channel, i, j, k)."""
    array = numpy.asanyarray(image.dataobj)
    if array.dtype.names:
        return numpy.stack([array[name] for name in array.dtype.names]).astype("f4")
    return image.get_fdata()[None].astype("f4")


def made(folder, version, order, kind, scaling):
    make = nibabel.Nifti1Image if version == 1 else nibabel.Nifti2Pair
    array = stored(kind)
    header = make.header_class(endianness=order)
    header.set_data_dtype(array.dtype)
    image = make(array, AFFINE, header, dtype=array.dtype)
    path = os.path.join(folder, "a.nii" if version == 1 else "a.img")
    image.to_filename(path)
    written = [path] if version == 1 else [os.path.join(folder, "a.hdr"), path]
    if scaling:
        at, number = SCALING[version]
        with open(written[0], "r+b") as file:
            file.seek(at)
            file.write(numpy.array(scaling, order + number).tobytes())
    image = nibabel.load(path)
    found = voxels(image)
    if version == 2:
        with open(path, "rb") as file:
            packed = gzip.compress(file.read(), mtime=0)
        os.remove(path)
        written[1] += ".gz"
        with open(written[1], "wb") as file:
            file.write(packed)
    files = {}
    for name in written:
        with open(name, "rb") as file:
            files[os.path.basename(name)] = file.read().hex()
        os.remove(name)
    return {
        "name": f"NIfTI-{version} {order}{kind}{' scaled' if scaling else ''}",
        "files": files,
        "affine": image.affine.tolist(),
        "shape": list(found.shape),
        "values": [float(value) for value in found.ravel()],
    }


def main():
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        for version in (1, 2):
            for order in "<>":
                for kind in TYPES:
                    for scaling in [None] + ([(0.5, -3.0)] if kind[0] in "ui" else []):
                        cases.append(made(folder, version, order, kind, scaling))
    made_with = {"nibabel": nibabel.__version__, "numpy": numpy.__version__}
    lines = ",\n".join(json.dumps(case) for case in cases)
    print(f'{{"made_with": {json.dumps(made_with)}, "cases": [\n{lines}\n]}}')


if __name__ == "__main__":
    main()
