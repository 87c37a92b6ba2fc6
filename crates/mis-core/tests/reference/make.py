"""Writes interpolation.json, the values that interpolation is tested against: python3 make.py (SciPy 1.17.1, scikit-image 0.26.0)."""

import json
from pathlib import Path

import numpy as np
from scipy import ndimage
from skimage.transform import resize


def hashed(shape, n):
    """Rough values 0 to n - 1, the same in the test."""
    i, j, k = np.indices(shape)
    return (i * 31 + j * 17 + k * 7 + i * j * k) % n


def blocks(shape):
    """Labels with borders, corners and thin parts."""
    i, j, k = np.indices(shape)
    return ((i // 2 + j // 3 + k // 2) % 3).astype(np.uint8)


def zoomed(image, shape, order):
    return ndimage.zoom(image.astype(np.float64), np.divide(shape, image.shape), order=order, mode="nearest", grid_mode=True)


def labels_by_class(labels, shape):
    """nnU-Net's and MIScnn's rule."""
    out = np.zeros(shape, np.uint8)
    for label in np.unique(labels):
        mask = resize((labels == label).astype(float), shape, 1, mode="edge", clip=True, anti_aliasing=False)
        out[mask >= 0.5] = label
    return out


def rotated(image, order):
    """The fixed case of the benchmark: angles 10, -15, 20 degrees about axes 0, 1, 2, scale 1.1, about the center."""
    a, b, c = np.deg2rad([10, -15, 20])
    x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    center = (np.array(image.shape)[:, None] - 1) / 2
    source = z @ y @ x * 1.1 @ (np.indices(image.shape).reshape(3, -1) - center) + center
    values = ndimage.map_coordinates(image.astype(np.float64), source, order=order, mode="nearest")
    inside = np.all((source >= 0) & (source <= 2 * center), axis=0)
    return [round(v, 5) if within else None for v, within in zip(values.tolist(), inside)]


def rounded(array):
    return [round(v, 5) for v in array.ravel().tolist()]


image, to = hashed((4, 5, 6), 23), (7, 3, 9)
labels = blocks((6, 7, 8))
reference = {
    "cubic": rounded(zoomed(image, to, 3)),
    "linear": rounded(zoomed(image, to, 1)),
    "nearest": rounded(zoomed(image, to, 0)),
    "labels_finer": labels_by_class(labels, (9, 11, 10)).ravel().tolist(),
    "labels_coarser": labels_by_class(labels, (3, 5, 4)).ravel().tolist(),
    "rotated_cubic": rotated(hashed((7, 8, 9), 23), 3),
    "rotated_linear": rotated(hashed((7, 8, 9), 23), 1),
}
text = json.dumps(reference, separators=(",", ":")).replace('],"', '],\n"')
Path(__file__).with_name("interpolation.json").write_text(text + "\n")
