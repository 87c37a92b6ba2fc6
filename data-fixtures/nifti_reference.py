#!/usr/bin/env python3
"""Writes nifti_reference.json: what nibabel reads from the shared NIfTI files, for crates/mis-io/tests/conformance.rs.

    python data-fixtures/nifti_reference.py ../shared/data > data-fixtures/nifti_reference.json

Needs nibabel and numpy; their versions are recorded in the output.
"""
import hashlib
import json
import os
import sys

import nibabel
import numpy

# Not NIfTI, not a scan, or broken: the Rust test says why each is refused.
REFUSED = ("fuzz_artifacts", "complex", "analyze.hdr", "row_major.dconn.nii", "test.mgz")
# The other half is not there, or not under the name that nibabel looks for.
HALVES = ("nifti1.hdr", "nifti2.hdr", "avg152T1_LR_nifti.hdr.gz", "minimal2.hdr")


def values(image):
    """Voxels as f32 (channel, i, j, k): scaled, frames and colors as channels, as mis-io has it."""
    stored = numpy.asanyarray(image.dataobj)
    if stored.dtype.names:
        stored = numpy.stack([stored[name] for name in stored.dtype.names], -1)
        colors = stored.shape[-1]
    else:
        stored, colors = image.get_fdata(), 1
    shape = (image.shape + (1, 1, 1))[:3]
    frames = int(numpy.prod(image.shape[3:]))
    # Frames stand in the file with the fourth axis fastest.
    flat = stored.reshape(image.shape + ((colors,) if colors > 1 else ()))
    flat = flat.reshape(shape + (frames, colors), order="F") if colors == 1 else numpy.stack(
        [flat[..., color].reshape(shape + (frames,), order="F") for color in range(colors)], -1)
    channels = numpy.moveaxis(flat.reshape(shape + (frames * colors,)), -1, 0)
    return numpy.ascontiguousarray(channels, dtype="<f4")


def main(root):
    files = {}
    for part in ("nifti_conformance", "sct_spinal_cord"):
        for folder, _, names in sorted(os.walk(os.path.join(root, part))):
            for name in sorted(names):
                path = os.path.join(folder, name)
                plain = name.removesuffix(".gz")
                if any(word in path for word in REFUSED) or name in HALVES:
                    continue
                if not plain.endswith((".nii", ".hdr")):
                    continue
                image = nibabel.load(path)
                voxels = values(image)
                bits = voxels.view("<u4").copy()
                bits[numpy.isnan(voxels)] = 0x7FC00000
                affine = image.affine
                files[os.path.relpath(path, root)] = {
                    "shape": list(voxels.shape),
                    "affine": affine.tolist() if abs(numpy.linalg.det(affine)) > 0 else None,
                    "n_nan": int(numpy.isnan(voxels).sum()),
                    "first": float(voxels.flat[0]) if numpy.isfinite(voxels.flat[0]) else None,
                    "sha256": hashlib.sha256(bits.tobytes()).hexdigest(),
                }
    made_with = {"nibabel": nibabel.__version__, "numpy": numpy.__version__}
    json.dump({"made_with": made_with, "files": files}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main(sys.argv[1])
