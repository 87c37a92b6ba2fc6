"""Writes forward_reference.json: what PyTorch's networks give for weights and images that are formulas.

Run with torch 2.13.0, dynamic-network-architectures 0.4.4 and numpy: python forward_reference.py

Tensor k of the sorted state dict holds, at flat index n, t = sin(12.9898 n + 78.233 k): as t * sqrt(2 / fan in) where it has two
axes or more, as 1 + 0.1 t in the weight of a norm, as 1 + 0.3 t in a running variance, else as 0.1 t. The image holds
sin(0.11 n) + cos(0.05 n).
"""
import json
from pathlib import Path

import numpy as np
import torch
from dynamic_network_architectures.architectures.unet import PlainConvUNet, ResidualEncoderUNet
from torch import nn

NORM = dict(norm_op_kwargs={"eps": 1e-5, "affine": True}, nonlin=nn.LeakyReLU, nonlin_kwargs={"inplace": True})


class StandardUNet(nn.Module):
    """MIScnn's standard U-Net, with the names of `mis`."""

    def __init__(self, dims, base, depth, classes):
        super().__init__()
        conv, up = (nn.Conv2d, nn.ConvTranspose2d) if dims == 2 else (nn.Conv3d, nn.ConvTranspose3d)
        norm = nn.BatchNorm2d if dims == 2 else nn.BatchNorm3d

        def block(n_in, n_out):
            def unit(n):
                return nn.ModuleDict({"conv": conv(n, n_out, 3, padding=1), "norm": norm(n_out, eps=1e-3, momentum=0.01)})
            return nn.ModuleDict({"0": unit(n_in), "1": unit(n_out)})

        widths = [base << level for level in range(depth + 1)]
        self.down = nn.ModuleDict({str(l): block(1 if l == 0 else widths[l - 1], widths[l]) for l in range(depth)})
        self.bottom = block(widths[depth - 1], widths[depth])
        self.up = nn.ModuleDict({str(l): nn.ModuleDict({"sample": up(widths[l + 1], widths[l], 2, stride=2),
                                                        "block": block(2 * widths[l], widths[l])}) for l in range(depth)})
        self.out = conv(widths[0], classes, 1)
        self.pool = nn.MaxPool2d(2) if dims == 2 else nn.MaxPool3d(2)

    def forward(self, x):
        def run(block, x):
            for unit in block.values():
                x = unit["norm"](torch.relu(unit["conv"](x)))
            return x
        skips = []
        for block in self.down.values():
            skips.append(run(block, x))
            x = self.pool(skips[-1])
        x = run(self.bottom, x)
        for level in reversed(range(len(skips))):
            x = run(self.up[str(level)]["block"], torch.cat([self.up[str(level)]["sample"](x), skips[level]], 1))
        return self.out(x)


def plain(dims, features):
    n = len(features)
    return PlainConvUNet(1, n, features, nn.Conv2d if dims == 2 else nn.Conv3d, 3, [1] + [2] * (n - 1), 2, 3, 2,
                         conv_bias=True, norm_op=nn.InstanceNorm2d if dims == 2 else nn.InstanceNorm3d,
                         deep_supervision=False, **NORM)


def residual(dims, features, blocks):
    n = len(features)
    return ResidualEncoderUNet(1, n, features, nn.Conv2d if dims == 2 else nn.Conv3d, 3, [1] + [2] * (n - 1), blocks, 3, 1,
                               conv_bias=True, norm_op=nn.InstanceNorm2d if dims == 2 else nn.InstanceNorm3d,
                               deep_supervision=False, **NORM)


def own_name(name):
    """The name in `mis`; none for what PyTorch lists twice or does not need."""
    if name.startswith("decoder.encoder.") or ".all_modules." in name or name.endswith("num_batches_tracked"):
        return None
    return name.replace("running_mean", "mean").replace("running_var", "var")


def filled(net):
    own = {own_name(name): tensor for name, tensor in net.state_dict().items() if own_name(name)}
    for k, (name, tensor) in enumerate(sorted(own.items())):
        t = np.sin(12.9898 * np.arange(tensor.numel()) + 78.233 * k)
        if tensor.dim() > 1:
            t = t * np.sqrt(2 / (tensor.numel() / tensor.shape[0]))
        elif name.endswith("norm.weight"):
            t = 1 + 0.1 * t
        elif name.endswith(".var"):
            t = 1 + 0.3 * t
        else:
            t = 0.1 * t
        tensor.copy_(torch.from_numpy(t.astype(np.float32)).reshape(tensor.shape))
    return net.eval(), sum(t.numel() for t in own.values())


def main():
    torch.set_num_threads(1)
    cases = []
    with torch.no_grad():
        for dims, shape in ((2, [16, 8]), (3, [8, 4, 8])):
            nets = {"unet": StandardUNet(dims, 4, 2, 3), "plain-conv-unet": plain(dims, [4, 8, 12]),
                    "residual-encoder-unet": residual(dims, [4, 8, 8], [1, 2, 1])}
            for name, net in nets.items():
                net, n_parameters = filled(net)
                n = np.arange(np.prod(shape))
                image = torch.from_numpy((np.sin(0.11 * n) + np.cos(0.05 * n)).astype(np.float32)).reshape(1, 1, *shape)
                logits = net(image).flatten().tolist()
                cases.append({"network": name, "shape": shape, "parameters": n_parameters,
                              "logits": [float(f"{v:.8g}") for v in logits]})
    full = {"plain-conv-unet": filled(plain(3, [32, 64, 128, 256, 320]))[1],
            "residual-encoder-unet": filled(residual(3, [32, 64, 128, 256, 320, 320], [1, 3, 4, 6, 6, 6]))[1]}
    text = json.dumps({"cases": cases, "parameters": full}, indent=None, separators=(",", ":"))
    Path(__file__).with_name("forward_reference.json").write_text(text + "\n")


if __name__ == "__main__":
    with torch.no_grad():
        main()
