#!/usr/bin/env python3
"""Writes augment_reference.json: what batchgeneratorsv2 makes of fixed parameters, for crates/mis-augment/tests/reference.rs.

    python data-fixtures/augment_reference.py > data-fixtures/augment_reference.json

Needs batchgeneratorsv2, torch, numpy and scipy; their versions are recorded in the output. Arrays are flat, last axis
fastest; a value that depends on what lies beyond the image is null.
"""
import importlib.metadata
import json
import math
import sys

import numpy as np
import torch
from batchgeneratorsv2.transforms.intensity.contrast import ContrastTransform
from batchgeneratorsv2.transforms.intensity.gamma import GammaTransform
from batchgeneratorsv2.transforms.noise.gaussian_blur import blur_dimension
from batchgeneratorsv2.transforms.spatial.spatial import SpatialTransform
from scipy import ndimage

SHAPE = (24, 20, 28)
STEP = 2  # between the nodes of the elastic field; it divides all sides, as the field is periodic
ANGLES, SCALE = (10, -15, 20), 1.1
SIGMA, MAGNITUDE = 6, 3  # of the elastic field, in voxels


def image():
    """Rough values 0 to 22, the same in the test."""
    i, j, k = np.indices(SHAPE)
    return ((i * 31 + j * 17 + k * 7 + i * j * k) % 23).astype(np.float32)


def labels():
    i, j, k = np.indices(SHAPE)
    return ((i // 5 + j // 6 + k // 7) % 3).astype(np.int16)


def rounded(array, digits=5, known=None):
    known = np.ones(array.shape, bool) if known is None else known
    return [round(v, digits) if k else None for v, k in zip(array.ravel().tolist(), known.ravel().tolist())]


def moved(transform, image, labels):
    params = transform.get_parameters(image=image)
    out = transform._apply_to_image(image, **params)[0].numpy()
    moved_labels = transform._apply_to_segmentation(labels, **params)[0].numpy()
    # grid_sample's places, last axis first, from -1 to 1 over the image's borders
    places = params["grid"].numpy()[..., ::-1]
    places = (places + 1) / 2 * np.array(SHAPE) - 0.5
    known = np.all((places >= 0) & (places <= np.array(SHAPE) - 1), axis=-1)
    return out, moved_labels, known, params


def text(labels, known):
    return "".join(str(v) if k else "-" for v, k in zip(labels.ravel().tolist(), known.ravel().tolist()))


torch.manual_seed(1)
np.random.seed(1)
x, y = torch.from_numpy(image())[None], torch.from_numpy(labels())[None]

angle = lambda image=None, dim=0: math.radians(ANGLES[dim])
rotate = SpatialTransform(SHAPE, 0, False, p_rotation=1, rotation=angle, p_scaling=1, scaling=(SCALE, SCALE),
                          p_synchronize_scaling_across_axes=1)
turned, turned_labels, turned_known, _ = moved(rotate, x, y)

relative = lambda image=None, dim=0, patch_size=None: SIGMA / patch_size[dim]
bend = SpatialTransform(SHAPE, 0, False, p_elastic_deform=1, elastic_deform_scale=relative,
                        elastic_deform_magnitude=(MAGNITUDE, MAGNITUDE))
bent, bent_labels, bent_known, params = moved(bend, x, y)
field = params["elastic_offsets"].numpy().astype(np.float64)  # (i, j, k, axis), voxels
field -= field.mean((0, 1, 2))  # the transform keeps the mean place
nodes = [np.arange((n - 1) // STEP + 4) - 1 for n in SHAPE]
coefficients = []
for axis in range(3):
    spline = ndimage.spline_filter(field[::STEP, ::STEP, ::STEP, axis], order=3, mode="grid-wrap")
    at = np.ix_(*[node % (n // STEP) for node, n in zip(nodes, SHAPE)])
    coefficients.append(rounded(spline[at], 6))


def gamma(inverted):
    return GammaTransform((1.3, 1.3), p_invert_image=inverted, synchronize_channels=False, p_per_channel=1, p_retain_stats=1)


def contrast(preserve_range):
    return ContrastTransform((1.2, 1.2), preserve_range=preserve_range, synchronize_channels=False)


# The intensity transforms see the first planes alone.
small = x[:, :6].clone()
blurred = small.clone()
for dim, sigma in enumerate((0.6, 0.8, 1.0)):
    # Its default cuts the kernel off at 3 sigma and less, and its border leaves the outermost voxel out when it
    # reflects: here the kernel is wide, and only the voxels that the border does not reach count.
    blurred = blur_dimension(blurred, sigma, dim, truncate=12)
blur_known = np.zeros(small.shape[1:], bool)
blur_known[2:-2, 3:-3, 4:-4] = True

json.dump(
    {
        "versions": {name: importlib.metadata.version(name) for name in ("batchgeneratorsv2", "torch", "numpy", "scipy")},
        "shape": SHAPE,
        "rotation": {"image": rounded(turned, 4, turned_known), "labels": text(turned_labels, turned_known)},
        "elastic": {
            "step": STEP,
            "coefficients": coefficients,
            "image": rounded(bent, 4, bent_known),
            "labels": text(bent_labels, bent_known),
        },
        "gamma": rounded(gamma(0)(image=small.clone())["image"][0].numpy()),
        "gamma_inverted": rounded(gamma(1)(image=small.clone())["image"][0].numpy()),
        "contrast": rounded(contrast(False)(image=small.clone())["image"][0].numpy()),
        "contrast_in_range": rounded(contrast(True)(image=small.clone())["image"][0].numpy()),
        "blur": rounded(blurred[0].numpy(), 5, blur_known),
    },
    sys.stdout,
    separators=(",", ":"),
)
print()
