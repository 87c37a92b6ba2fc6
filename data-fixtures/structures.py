#!/usr/bin/env python3
"""Writes structures/: a small sagittal CT series, structure sets drawn on it, and in reference.json the voxels that lie
inside their regions, for the tests of mis-io and mis-cli.

    python data-fixtures/structures.py data-fixtures/structures

Needs pydicom, numpy and scikit-image, whose point-in-polygon test is the reference; versions are recorded.
"""
import json
import os
import sys

import numpy
import pydicom
import skimage
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, RTStructureSetStorage
from skimage.measure import points_in_poly

COLUMNS, ROWS, SLICES = 16, 14, 5
BETWEEN_ROWS, BETWEEN_COLUMNS, BETWEEN_SLICES = 1.5, 1.25, 3.0
ALONG_ROW, ALONG_COLUMN = numpy.array([0.0, 1.0, 0.0]), numpy.array([0.0, 0.0, -1.0])
NORMAL = numpy.cross(ALONG_ROW, ALONG_COLUMN)
ORIGIN = numpy.array([-12.5, 7.25, 90.0])
UID = "2.25.30410.{}"


def place(column, row, slice_idx):
    """Millimetres in the patient's space (LPS) of a voxel."""
    return (ORIGIN + ALONG_ROW * column * BETWEEN_COLUMNS + ALONG_COLUMN * row * BETWEEN_ROWS
            + NORMAL * slice_idx * BETWEEN_SLICES)


def data_set(sop_class, instance):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = UID.format(instance)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID.format(1)
    data = Dataset()
    data.file_meta = meta
    data.SOPClassUID, data.SOPInstanceUID = sop_class, UID.format(instance)
    data.PatientName, data.PatientID = "Phantom", "1"
    data.StudyInstanceUID, data.FrameOfReferenceUID = UID.format(2), UID.format(3)
    return data


def save(data, path):
    data.save_as(path, enforce_file_format=True)


def slice_of_series(slice_idx):
    data = data_set(CTImageStorage, 100 + slice_idx)
    data.Modality, data.SeriesInstanceUID = "CT", UID.format(4)
    # Numbers run against the slices: their places say what follows what.
    data.InstanceNumber = SLICES - slice_idx
    data.ImagePositionPatient = [str(v) for v in place(0, 0, slice_idx)]
    data.ImageOrientationPatient = [str(v) for v in (*ALONG_ROW, *ALONG_COLUMN)]
    data.PixelSpacing = [str(BETWEEN_ROWS), str(BETWEEN_COLUMNS)]
    data.SliceThickness = str(BETWEEN_SLICES)
    data.Rows, data.Columns = ROWS, COLUMNS
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 1
    data.RescaleSlope, data.RescaleIntercept = "1", "-1024"
    data.PixelData = (numpy.arange(ROWS * COLUMNS, dtype="<i2") + 100 * slice_idx).tobytes()
    return data


def rectangle(left, top, right, bottom):
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def keyhole():
    """A ring drawn in one line: along the rim, through a channel of no width to the hole, around it and back."""
    return ([(1.3, 1.4), (11.6, 1.4), (11.6, 9.7), (1.3, 9.7), (1.3, 1.4)]
            + [(4.2, 4.3), (4.2, 7.6), (8.7, 7.6), (8.7, 4.3), (4.2, 4.3)] + [(1.3, 1.4)])


# Polygons (column, row) by region and slice. Slices between planes of the scan are told by fractions.
REGIONS = {
    "Liver": {1: [rectangle(2.3, 1.7, 12.4, 10.6)], 3: [rectangle(2.3, 1.7, 12.4, 10.6)],
              2: [rectangle(2.3, 1.7, 12.4, 10.6), rectangle(4.3, 3.2, 8.4, 7.7),  # a hole in it
                  rectangle(5.6, 4.4, 6.7, 5.8)]},  # and an island in the hole
    "Ring": {0: [keyhole()]},
    "Cyst": {1: [[(3.2, 2.4), (9.8, 3.1), (6.4, 8.3)]], 3.1: [rectangle(10.4, 8.2, 14.6, 12.8)],
             4: [rectangle(-3.5, 5.5, 2.5, 7.5)]},  # reaches over the scan's side
    "Helper": {2: [rectangle(0.2, 11.4, 15.7, 12.6)]},
}
BETWEEN = {"Liver": {1: [rectangle(2.3, 1.7, 12.4, 10.6)], 1.5: [rectangle(2.3, 1.7, 12.4, 10.6)]}}


def structure_set(regions, instance):
    data = data_set(RTStructureSetStorage, instance)
    data.Modality, data.SeriesInstanceUID, data.StructureSetLabel = "RTSTRUCT", UID.format(5), "Phantom"
    names, contours = [], []
    for number, (name, slices) in enumerate(regions.items(), 1):
        region = Dataset()
        region.ROINumber, region.ROIName = number, name
        region.ReferencedFrameOfReferenceUID, region.ROIGenerationAlgorithm = UID.format(3), "MANUAL"
        names.append(region)
        drawn = Dataset()
        drawn.ReferencedROINumber, drawn.ContourSequence = number, Sequence()
        for slice_idx, polygons in slices.items():
            for polygon in polygons:
                points = [place(column, row, slice_idx) for column, row in polygon]
                drawn.ContourSequence.append(contour("CLOSED_PLANAR", points))
        contours.append(drawn)
    mark = Dataset()
    mark.ROINumber, mark.ROIName = len(names) + 1, "Isocenter"
    mark.ReferencedFrameOfReferenceUID, mark.ROIGenerationAlgorithm = UID.format(3), "MANUAL"
    drawn = Dataset()
    drawn.ReferencedROINumber = mark.ROINumber
    drawn.ContourSequence = Sequence([contour("POINT", [place(7.5, 6.5, 2.4)])])
    data.StructureSetROISequence = Sequence(names + [mark])
    data.ROIContourSequence = Sequence(contours + [drawn])
    return data


def contour(kind, points):
    item = Dataset()
    item.ContourGeometricType, item.NumberOfContourPoints = kind, len(points)
    item.ContourData = [f"{v:.4f}" for v in numpy.concatenate(points)]
    return item


def labels(regions):
    """Which region a voxel (column, row, slice) lies in, counted from 1; the last of several."""
    found = numpy.zeros((COLUMNS, ROWS, SLICES), int)
    centers = numpy.stack(numpy.meshgrid(numpy.arange(COLUMNS), numpy.arange(ROWS), indexing="ij"), -1).reshape(-1, 2)
    for number, slices in enumerate(regions.values(), 1):
        for slice_idx, polygons in slices.items():
            inside = numpy.zeros(COLUMNS * ROWS, bool)
            for polygon in polygons:
                inside ^= points_in_poly(centers, polygon)
            found[:, :, round(slice_idx)][inside.reshape(COLUMNS, ROWS)] = number
    return found


def main(folder):
    os.makedirs(os.path.join(folder, "series"), exist_ok=True)
    for slice_idx in range(SLICES):
        save(slice_of_series(slice_idx), os.path.join(folder, "series", f"{slice_idx * 3 % 5}.dcm"))
    save(structure_set(REGIONS, 200), os.path.join(folder, "regions.dcm"))
    save(structure_set(BETWEEN, 201), os.path.join(folder, "between.dcm"))
    made_with = {"pydicom": pydicom.__version__, "numpy": numpy.__version__, "skimage": skimage.__version__}
    found = labels(REGIONS)
    reference = {"made_with": made_with, "names": list(REGIONS) + ["Isocenter"], "shape": list(found.shape),
                 "labels": found.ravel().tolist()}
    with open(os.path.join(folder, "reference.json"), "w") as file:
        json.dump(reference, file)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
