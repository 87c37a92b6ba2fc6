"""Scores that MONAI, MedPy, nnU-Net and DeepMind's surface-distance give small masks, for crates/mis-eval to meet.

    python metric_reference.py > metric_reference.json

Run with monai 1.6.1, MedPy 0.5.2, surface-distance 0.1, nnunetv2 2.8.1, scipy 1.17.1, numpy 2.4.6, torch 2.13.0; what it
was run with stands in the file. Masks are written as run lengths, class 0 first, k fastest; null is undefined (the
library gives NaN or raises), "inf" infinite.
"""
import importlib.metadata
import json
import math
import warnings

import numpy as np
import scipy.ndimage as ndi

np.Inf, np.NaN = np.inf, np.nan  # surface-distance 0.1 needs names that NumPy 2 has dropped
import monai.metrics as monai
import surface_distance as deepmind
import torch
from medpy.metric import binary as medpy
from nnunetv2.evaluation.evaluate_predictions import compute_tp_fp_fn_tn

warnings.simplefilter("ignore")
TOLERANCES = [0.5, 1.05, 2.0, 3.5]


def number(value):
    """None where a score is undefined, "inf" where it is infinite."""
    value = float(value)
    return None if math.isnan(value) else "inf" if math.isinf(value) else value


def asked(score):
    try:
        return number(score())
    except RuntimeError:  # MedPy refuses empty masks
        return None


def of_nnunet(p, t):
    tp, fp, fn, _ = compute_tp_fp_fn_tn(t, p)
    whole = tp + fp + fn
    return {
        "dice": number(2 * tp / (2 * tp + fp + fn) if whole else np.nan),
        "jaccard": number(tp / whole if whole else np.nan),
    }


def of_monai(p, t, spacing):
    q, y = (torch.from_numpy(a[None, None].astype(np.float32)) for a in (p, t))
    how = dict(include_background=True, spacing=list(spacing))
    matrix = monai.get_confusion_matrix(q, y)
    ratio = lambda name: number(monai.compute_confusion_matrix_metric(name, matrix.clone()))
    return {
        "dice": number(monai.compute_dice(q, y)),
        "jaccard": number(monai.compute_iou(q, y)),
        **{name: ratio(name) for name in ("precision", "sensitivity", "specificity", "accuracy")},
        "hausdorff": number(monai.compute_hausdorff_distance(q, y, **how)),
        "hd95": number(monai.compute_hausdorff_distance(q, y, percentile=95, **how)),
        "assd": number(monai.compute_average_surface_distance(q, y, symmetric=True, **how)),
        "nsd": [number(monai.compute_surface_dice(q, y, [mm], **how)) for mm in TOLERANCES],
    }


def of_medpy(p, t, spacing):
    return {
        "dice": asked(lambda: medpy.dc(p, t)),
        "jaccard": asked(lambda: medpy.jc(p, t)),
        "precision": asked(lambda: medpy.precision(p, t)),
        "sensitivity": asked(lambda: medpy.sensitivity(p, t)),
        "specificity": asked(lambda: medpy.specificity(p, t)),
        "hausdorff": asked(lambda: medpy.hd(p, t, spacing)),
        "hd95": asked(lambda: medpy.hd95(p, t, spacing)),
        "assd": asked(lambda: medpy.assd(p, t, spacing)),
        "relative_volume_difference": asked(lambda: medpy.ravd(p, t)),
    }


def of_deepmind(p, t, spacing):
    distances = deepmind.compute_surface_distances(t, p, spacing)
    return {
        "dice": number(deepmind.compute_dice_coefficient(t, p)),
        "hausdorff": number(deepmind.compute_robust_hausdorff(distances, 100)),
        "hd95": number(deepmind.compute_robust_hausdorff(distances, 95)),
        # It gives both directed means; the mean of those that are defined.
        "assd": number(np.nanmean(deepmind.compute_average_surface_distance(distances))),
        "nsd": [number(deepmind.compute_surface_dice_at_tolerance(distances, mm)) for mm in TOLERANCES],
    }


def of_lesions(p, t):
    """Counts by SciPy's components: true, predicted, and those that the other mask touches."""
    counts = {}
    for name, order in (("faces", 1), ("edges", 2), ("corners", 3)):
        structure = ndi.generate_binary_structure(p.ndim, min(order, p.ndim))
        (predicted, n_predicted), (true, n_true) = (ndi.label(a, structure) for a in (p, t))
        n_found = len(set(np.unique(true[p & t])) - {0})
        n_right = len(set(np.unique(predicted[p & t])) - {0})
        counts[name] = dict(n_true=n_true, n_predicted=n_predicted, n_found=n_found, n_right=n_right)
    return counts


def ball(shape, center, radii):
    at = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    return sum(((x - c) / r) ** 2 for x, c, r in zip(at, center, radii)) <= 1


def blobs(shape, seed, sigma, part):
    noise = ndi.gaussian_filter(np.random.default_rng(seed).normal(size=shape), sigma)
    return noise > np.quantile(noise, 1 - part)


def box(shape, *ranges):
    mask = np.zeros(shape, bool)
    mask[tuple(slice(*r) for r in ranges)] = True
    return mask


def cases():
    shape = (12, 14, 16)
    a = ball(shape, (5.5, 6.5, 7.5), (3, 5, 5.5))
    yield "ball_moved", (3.0, 0.78, 0.78), ball(shape, (6, 7, 8.5), (3, 4.6, 5)), a
    yield "itself", (3.0, 0.78, 0.78), a, a
    yield "ball_with_outlier", (1.0, 1.0, 1.0), a | box(shape, (11, 12), (13, 14), (15, 16)), a
    yield "prediction_empty", (2.0, 1.0, 1.5), np.zeros(shape, bool), a
    yield "truth_empty", (2.0, 1.0, 1.5), a, np.zeros(shape, bool)
    yield "both_empty", (2.0, 1.0, 1.5), np.zeros(shape, bool), np.zeros(shape, bool)
    shape = (8, 9, 11)
    yield "single_voxels", (1.3, 0.7, 2.9), box(shape, (1, 2), (8, 9), (0, 1)), box(shape, (6, 7), (2, 3), (10, 11))
    yield "touching_the_border", (2.5, 1.1, 0.6), box(shape, (0, 5), (0, 9), (3, 11)), box(shape, (0, 4), (1, 9), (0, 11))
    yield "everywhere", (1.0, 2.0, 3.0), np.ones(shape, bool), box(shape, (0, 8), (0, 9), (0, 9))
    yield "everywhere_in_both", (1.0, 2.0, 3.0), np.ones(shape, bool), np.ones(shape, bool)
    yield "noise", (0.9, 1.7, 1.2), blobs(shape, 1, 0, 0.4), blobs(shape, 2, 0, 0.5)
    yield "rare_noise", (0.9, 1.7, 1.2), blobs(shape, 3, 0, 0.05), blobs(shape, 4, 0, 0.03)
    shape = (14, 18, 70)
    truth = blobs(shape, 5, 1.5, 0.1)
    yield "lesions", (5.0, 0.8, 0.8), (truth & ~blobs(shape, 6, 2, 0.4)) | blobs(shape, 7, 1.2, 0.01), truth
    shape = (6, 5, 129)
    yield "long_rows", (1.0, 1.0, 0.5), box(shape, (1, 5), (1, 4), (2, 128)), box(shape, (1, 5), (0, 4), (0, 64))
    shape = (24, 30)
    yield "picture", (0.8, 1.1), ball(shape, (11, 14), (8, 9)), ball(shape, (12, 15), (7.5, 10))
    yield "picture_noise", (0.8, 1.1), blobs(shape, 8, 1, 0.3), blobs(shape, 9, 1, 0.2)


def run_lengths(mask):
    flat = mask.astype(np.int8).ravel()
    ends = np.flatnonzero(np.diff(flat)) + 1
    lengths = np.diff(np.concatenate([[0], ends, [flat.size]])).tolist()
    return lengths if flat[0] == 0 else [0, *lengths]


def main():
    packages = ("monai", "MedPy", "surface-distance", "nnunetv2", "scipy", "numpy", "torch")
    found = []
    for name, spacing, prediction, truth in cases():
        found.append({
            "name": name,
            "shape": (*truth.shape, 1)[:3],
            "spacing": (*spacing, 5.0)[:3],
            "prediction": run_lengths(prediction),
            "truth": run_lengths(truth),
            "nnunet": of_nnunet(prediction, truth),
            "monai": of_monai(prediction, truth, spacing),
            "medpy": of_medpy(prediction, truth, spacing),
            "deepmind": of_deepmind(prediction, truth, spacing),
            "lesions": of_lesions(prediction, truth),
        })
    versions = {package: importlib.metadata.version(package) for package in packages}
    head = json.dumps({"versions": versions, "tolerances": TOLERANCES})[:-1]
    print(head + ', "cases": [\n' + ",\n".join(json.dumps(case) for case in found) + "\n]}")


if __name__ == "__main__":
    main()
