"""Wilcoxon's signed-rank test by SciPy, for crates/mis-eval to meet.

    python wilcoxon_reference.py > wilcoxon_reference.json

Run with scipy 1.17.1 and numpy 2.4.6.
"""
import json

import numpy as np
import scipy
from scipy.stats import wilcoxon


def samples():
    rng = np.random.default_rng(1)
    for n in (1, 2, 5, 9, 20, 50):
        yield np.round(rng.normal(0.3, 1, n), 9), "exact"
    yield np.arange(1, 13) / 10.0, "exact"
    yield np.round(rng.normal(0.1, 1, 51), 9), "approx"
    yield np.round(rng.normal(0.0, 1, 260), 9), "approx"
    yield np.round(rng.normal(0.6, 1, 30), 1), "approx"  # ties
    yield np.concatenate([np.zeros(7), np.round(rng.normal(-0.2, 1, 60), 1)]), "approx"  # ties and zeros


def main():
    found = []
    for differences, method in samples():
        result = wilcoxon(differences, method=method, zero_method="wilcox", correction=False)
        found.append({
            "differences": differences.tolist(),
            "smaller_rank_sum": float(result.statistic),
            "p": float(result.pvalue),
            "exact": method == "exact",
        })
    head = {"versions": {"scipy": scipy.__version__, "numpy": np.__version__}}
    print(json.dumps({**head, "wilcoxon": found}))


if __name__ == "__main__":
    main()
