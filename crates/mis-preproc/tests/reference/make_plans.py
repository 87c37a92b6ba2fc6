"""Writes plans.json: what nnU-Net's planner makes of data sets of given spacings and shapes.

    python make_plans.py ../../../../../shared/data/msd_hippocampus

Made with nnunetv2 2.8.1, dynamic-network-architectures 0.4.4, numpy 2.4.6, Python 3.11. Axes are (i, j, k) as nibabel
gives them; nnU-Net's own order is the reverse, with the coarsest axis brought to the front.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import nibabel as nib
import numpy as np


def hippocampus(folder):
    scans = [nib.load(path) for path in sorted((Path(folder) / "imagesTr").glob("*.nii.gz"))]
    return [([float(s) for s in scan.header.get_zooms()[:3]], list(scan.shape[:3])) for scan in scans]


def varied(spacing, shape, n, spread, seed):
    """Scans whose spacings and shapes lie around the given ones."""
    rng = np.random.RandomState(seed)
    factors = 1 + spread * (rng.rand(n, 3) - 0.5)
    return [
        ([round(float(s * f), 4) for s, f in zip(spacing, factor)], [max(1, int(n / f)) for n, f in zip(shape, factor)])
        for factor in factors
    ]


DATA = {
    # name: (scans, number of classes with the background)
    "kidney_ct": (varied([3.0, 0.78, 0.78], [110, 512, 512], 40, 0.5, 1), 3),
    "liver_ct": (varied([0.77, 0.77, 1.0], [512, 512, 430], 30, 0.4, 2), 3),
    "prostate_mr": (varied([0.62, 0.62, 3.6], [320, 320, 20], 32, 0.1, 3), 3),
    "heart_mr": (varied([1.5, 1.5, 10.0], [216, 256, 9], 50, 0.2, 4), 4),
    "brain_mr": (varied([1.0, 1.0, 1.0], [138, 172, 140], 60, 0.1, 5), 4),
    "pictures": ([([1.0, 1.0, 999.0], [256, 256, 1])] * 60, 2),
}


def plan(number, scans, n_classes, root):
    from nnunetv2.experiment_planning.experiment_planners.default_experiment_planner import ExperimentPlanner

    name = f"Dataset{900 + number}_Reference"
    raw, preprocessed = Path(root) / "raw" / name, Path(root) / "preprocessed" / name
    raw.mkdir(parents=True, exist_ok=True)
    preprocessed.mkdir(parents=True, exist_ok=True)
    labels = {"background": 0, **{f"class{n}": n for n in range(1, n_classes)}}
    channel = {"0": "MR"}
    dataset = {"channel_names": channel, "labels": labels, "numTraining": len(scans), "file_ending": ".nii.gz"}
    dataset["dataset"] = {str(n): {"images": ["x.nii.gz"], "label": "x.nii.gz"} for n in range(len(scans))}
    values = dict(max=1.0, mean=0.5, median=0.5, min=0.0, percentile_00_5=0.0, percentile_99_5=1.0, std=0.2)
    fingerprint = {
        "spacings": [spacing[::-1] for spacing, _ in scans],
        "shapes_after_crop": [shape[::-1] for _, shape in scans],
        "foreground_intensity_properties_per_channel": {"0": values},
        "median_relative_size_after_cropping": 1.0,
    }
    for folder in (raw, preprocessed):
        (folder / "dataset.json").write_text(json.dumps(dataset))
    (preprocessed / "dataset_fingerprint.json").write_text(json.dumps(fingerprint))
    planner = ExperimentPlanner(name, gpu_memory_target_in_gb=8)
    planner.determine_reader_writer = lambda: type("NibabelIO", (), {})
    plans = planner.plan_experiment()
    back = plans["transpose_backward"]
    three = plans["configurations"].get("3d_fullres")
    chosen = three or plans["configurations"]["2d"]

    def axes(numbers, front):
        numbers = list(numbers) if three else [front, *numbers]
        return [numbers[axis] for axis in back][::-1]

    architecture = chosen["architecture"]["arch_kwargs"]
    return {
        "spacings": [spacing for spacing, _ in scans],
        "shapes": [shape for _, shape in scans],
        "n_classes": n_classes,
        "spacing": axes(chosen["spacing"], 999.0),
        "patch_size": axes(chosen["patch_size"], 1),
        "batch_size": chosen["batch_size"],
        "channels": architecture["features_per_stage"],
        "strides": [axes(stride, 1) for stride in architecture["strides"]],
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as root:
        for name in ("raw", "preprocessed", "results"):
            os.environ[f"nnUNet_{name}"] = str(Path(root) / name)
        DATA["hippocampus"] = (hippocampus(sys.argv[1]), 3)
        plans = {name: plan(number, *data, root) for number, (name, data) in enumerate(DATA.items())}
    lines = [f"{json.dumps(name)}: {json.dumps(plan, separators=(',', ':'))}" for name, plan in plans.items()]
    Path(__file__).with_name("plans.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    for name, plan in plans.items():
        print(name, {key: plan[key] for key in ("spacing", "patch_size", "batch_size", "channels", "strides")})
