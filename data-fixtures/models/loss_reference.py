"""Writes loss_reference.json: losses of other libraries on MIScnn's formula input.

Run with torch 2.13.0, monai 1.6.1, nnunetv2 and scipy: python loss_reference.py

Batch 2, 3 classes, a grid of 4 x 3 x 5: labels (b + x + 2y + 3z) mod 3, logits sin(1 + b + 2x + 3y + 5z + 7c).
"""
import json
from pathlib import Path

import numpy as np
import torch
from monai.losses import DiceLoss, GeneralizedDiceLoss
from nnunetv2.training.loss.compound_losses import DC_and_BCE_loss, DC_and_CE_loss
from nnunetv2.training.loss.dice import MemoryEfficientSoftDiceLoss
from nnunetv2.training.loss.robust_ce_loss import TopKLoss
from scipy.ndimage import convolve


def inputs():
    b, c, x, y, z = np.meshgrid(*map(np.arange, (2, 3, 4, 3, 5)), indexing="ij")
    logits = np.sin(1 + b + 2 * x + 3 * y + 5 * z + 7 * c).astype(np.float32)
    labels = ((b + x + 2 * y + 3 * z) % 3)[:, 0]
    return torch.from_numpy(logits), torch.from_numpy(labels.astype(np.int64))


def hausdorff(logits, labels, alpha, erosions):
    """Karimi & Salcudean's loss by erosion, written out for one class and patch at a time."""
    p = torch.softmax(logits.double(), 1).numpy()
    cross = np.zeros((3, 3, 3))
    cross[1, 1, :] = cross[1, :, 1] = cross[:, 1, 1] = 1 / 7
    losses = []
    for b in range(p.shape[0]):
        for c in range(1, p.shape[1]):
            error = (p[b, c] - (labels[b].numpy() == c)) ** 2
            total = np.zeros_like(error)
            for k in range(1, erosions + 1):
                error = np.maximum(convolve(error, cross, mode="constant") - 0.5, 0)
                if error.max() > 0:
                    error = error / error.max()
                total += error * k ** alpha
            losses.append(total.mean())
    return float(np.mean(losses))


def main():
    logits, labels = inputs()
    target = labels[:, None]
    weights = torch.tensor([0.5, 1.0, 3.0])
    masks = torch.stack([labels > 0, labels == 2], 1).float()
    soft = dict(batch_dice=False, smooth=1e-5, ddp=False)
    ignored = target.clone()
    ignored[:, :, 0] = 3
    values = {
        "generalized-dice": GeneralizedDiceLoss(softmax=True, to_onehot_y=True, smooth_nr=1e-5, smooth_dr=1e-5)(logits, target),
        "jaccard": DiceLoss(softmax=True, to_onehot_y=True, jaccard=True, smooth_nr=1e-5, smooth_dr=1e-5)(logits, target),
        "weighted-cross-entropy": torch.nn.functional.cross_entropy(logits, labels, weight=weights),
        "top-k": TopKLoss(k=10)(logits, target.float()),
        "nnunet": DC_and_CE_loss({**soft, "do_bg": False}, {}, dice_class=MemoryEfficientSoftDiceLoss)(logits, target) + 1,
        "nnunet-batch-dice": DC_and_CE_loss({**soft, "batch_dice": True, "do_bg": False}, {},
                                            dice_class=MemoryEfficientSoftDiceLoss)(logits, target) + 1,
        "nnunet-ignored": DC_and_CE_loss({**soft, "do_bg": False}, {}, ignore_label=3,
                                         dice_class=MemoryEfficientSoftDiceLoss)(logits, ignored) + 1,
        "nnunet-regions": DC_and_BCE_loss({}, {**soft, "do_bg": True}, dice_class=MemoryEfficientSoftDiceLoss)(
            logits[:, :2], masks) + 1,
        "hausdorff": hausdorff(logits * 6, labels, 2.0, 3),
    }
    text = json.dumps({name: float(value) for name, value in values.items()}, indent=1)
    Path(__file__).with_name("loss_reference.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
