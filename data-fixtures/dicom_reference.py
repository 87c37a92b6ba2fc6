#!/usr/bin/env python3
"""Writes dicom_reference.json: what pydicom reads from the shared DICOM files, for crates/mis-io/tests/dicom.rs.

    python data-fixtures/dicom_reference.py ../shared/data > data-fixtures/dicom_reference.json

Needs pydicom, numpy, scikit-image and decoders (pylibjpeg, pylibjpeg-openjpeg); versions are recorded in the output.
"""
import hashlib
import json
import os
import sys

import numpy
import pydicom
import skimage
from skimage.measure import points_in_poly

# No decoder of well-kept Rust crates reads it without a C++ library: the Rust test says that it is refused.
REFUSED = ("MR_small_jpeg_ls_lossless.dcm",)


def volume(datasets):
    """Voxels as f32 (column, row, slice), and the affine to RAS+ mm by the standard's formula (C.7.6.2.1.1)."""
    first = datasets[0]
    row, column = numpy.array(first.ImageOrientationPatient, float).reshape(2, 3)
    normal = numpy.cross(row, column)
    datasets = sorted(datasets, key=lambda d: numpy.dot(normal, numpy.array(d.ImagePositionPatient, float)))
    positions = [numpy.array(d.ImagePositionPatient, float) for d in datasets]
    planes = []
    for dataset in datasets:
        slope = float(dataset.get("RescaleSlope", None) or dataset.get("DoseGridScaling", None) or 1)
        stored = dataset.pixel_array.astype(float)
        planes += list((stored if stored.ndim == 3 else stored[None]) * slope + float(dataset.get("RescaleIntercept", 0)))
    if len(planes) > len(positions):
        positions = [positions[0] + normal * offset for offset in map(float, first.GridFrameOffsetVector)]
    between_rows, between_columns = map(float, first.PixelSpacing)
    if len(positions) > 1:
        step = (positions[-1] - positions[0]) / (len(positions) - 1)
    else:
        step = normal * float(first.get("SpacingBetweenSlices", None) or first.get("SliceThickness", None) or 1)
    affine = numpy.eye(4)
    affine[:3] = numpy.stack([row * between_columns, column * between_rows, step, positions[0]], 1)
    affine = numpy.diag([-1, -1, 1, 1]) @ affine
    return numpy.ascontiguousarray(numpy.stack(planes).transpose(2, 1, 0), "<f4"), affine


def described(datasets):
    voxels, affine = volume(datasets)
    return {"shape": list(voxels.shape), "affine": affine.tolist(), "sum": float(voxels.astype(float).sum()),
            "sha256": hashlib.sha256(voxels.tobytes()).hexdigest()}


def regions(dataset, shape, spacing, origin):
    """Voxel centers inside the contours of each region, on an axis-aligned LPS lattice, even-odd within a slice."""
    names = {r.ROINumber: r.ROIName for r in dataset.StructureSetROISequence}
    counts = {}
    for contours in dataset.ROIContourSequence:
        inside = numpy.zeros(shape, bool)
        for contour in contours.ContourSequence:
            if not contour.ContourGeometricType.startswith("CLOSED"):
                continue
            points = (numpy.array(contour.ContourData, float).reshape(-1, 3) - origin) / spacing
            k = int(round((points[:, 2].min() + points[:, 2].max()) / 2))
            i, j = numpy.meshgrid(numpy.arange(shape[0]), numpy.arange(shape[1]), indexing="ij")
            hit = points_in_poly(numpy.stack([i.ravel(), j.ravel()], 1), points[:, :2]).reshape(shape[:2])
            inside[:, :, k] ^= hit
        counts[names[contours.ReferencedROINumber]] = int(inside.sum())
    return counts


def main(root):
    images = {}
    for name in sorted(os.listdir(os.path.join(root, "dicom/pydicom"))):
        if name in REFUSED or name == "rtstruct.dcm":
            continue
        path = os.path.join("dicom/pydicom", name)
        images[path] = described([pydicom.dcmread(os.path.join(root, path))])
    for name in sorted(os.listdir(os.path.join(root, "dicom/nd320_hcrop"))):
        path = os.path.join("dicom/nd320_hcrop", name)
        folder = os.path.join(root, path)
        images[path] = described([pydicom.dcmread(os.path.join(folder, file)) for file in os.listdir(folder)])
    structures = pydicom.dcmread(os.path.join(root, "dicom/pydicom/rtstruct.dcm"), force=True)
    points = numpy.concatenate([
        numpy.array(contour.ContourData, float).reshape(-1, 3)
        for roi in structures.ROIContourSequence for contour in roi.ContourSequence])
    # A lattice around all contours, off their corners.
    spacing = numpy.array([2.5, 2.5, 5.0])
    low = points.min(0)
    origin = numpy.array([low[0] - 5.13, low[1] - 5.27, low[2]])
    shape = [int(n) for n in numpy.ceil((points.max(0) - origin) / spacing) + 2]
    lattice = {"shape": shape, "spacing": spacing.tolist(), "origin_lps": origin.tolist()}
    json.dump({
        "made_with": {"pydicom": pydicom.__version__, "numpy": numpy.__version__, "skimage": skimage.__version__},
        "images": images,
        "structures": {"lattice": lattice, "voxels": regions(structures, shape, spacing, origin)},
    }, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main(sys.argv[1])
