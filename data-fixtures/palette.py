"""Colors of classes: red and blue as in the paper's figures, then each as far as can be from all before it.

Distances are Euclidean in OKLab (Ottosson 2020). Candidates are every color whose channels are multiples of 15, which are
neither grey (chroma under 0.11), nor so dark or light that they vanish on a scan (lightness 0.5 to 0.9).

python data-fixtures/palette.py          prints the table of crates/mis-eval/src/overlays/palette.rs
Run with numpy 2.4.6.
"""

import itertools

import numpy as np

FIRST = [(255, 45, 45), (60, 105, 255)]
N = 64


def oklab(rgb):
    c = np.asarray(rgb, dtype=float) / 255
    c = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    lms = np.cbrt(c @ np.array([[0.4122214708, 0.5363325363, 0.0514459929],
                                [0.2119034982, 0.6806995451, 0.1073969566],
                                [0.0883024619, 0.2817188376, 0.6299787005]]).T)
    return lms @ np.array([[0.2104542553, 0.7936177850, -0.0040720468],
                           [1.9779984951, -2.4285922050, 0.4505937099],
                           [0.0259040371, 0.7827717662, -0.8086757660]]).T


candidates = np.array(list(itertools.product(range(0, 256, 15), repeat=3)))
lab = oklab(candidates)
chroma = np.hypot(lab[:, 1], lab[:, 2])
usable = (chroma >= 0.11) & (lab[:, 0] >= 0.5) & (lab[:, 0] <= 0.9)
candidates, lab = candidates[usable], lab[usable]
colors = [tuple(color) for color in FIRST]
distance = np.min([np.linalg.norm(lab - oklab(color), axis=1) for color in colors], axis=0)
while len(colors) < N:
    best = int(np.argmax(distance.round(9)))
    colors.append(tuple(int(v) for v in candidates[best]))
    distance = np.minimum(distance, np.linalg.norm(lab - lab[best], axis=1))
all_lab = oklab(np.array(colors))
pairs = np.linalg.norm(all_lab[:, None] - all_lab[None], axis=2) + np.eye(N)
print(f"// the nearest two of all are {pairs.min():.3f} apart, of the first 12 {pairs[:12, :12].min():.3f}")
for start in range(0, N, 6):
    print("    " + " ".join(f"[{r}, {g}, {b}]," for r, g, b in colors[start:start + 6]))
