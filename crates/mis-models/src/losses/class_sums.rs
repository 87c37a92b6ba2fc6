//! Sums per class without a one-hot tensor.

use tch::{Kind, Tensor};

/// Probabilities and labels summed over space, each `(batch, class)`.
pub(super) struct ClassSums {
    /// Σ y p: what of each class's voxels is given to the class.
    pub(super) overlap: Tensor,
    /// Σ y: voxels of the class.
    pub(super) target: Tensor,
    /// Σ p: probability given to the class.
    pub(super) predicted: Tensor,
}

impl ClassSums {
    /// From log-probabilities `(batch, class, space…)` in `f32` and class indices `(batch, space…)`.
    pub(super) fn new(log_probabilities: &Tensor, target: &Tensor) -> Self {
        let sizes = log_probabilities.size();
        let (n_batch, n_classes) = (sizes[0], sizes[1]);
        let log_p = log_probabilities.flatten(2, -1); // (batch, class, voxel)
        let target = target.flatten(1, -1); // (batch, voxel)
        let true_p = log_p.gather(1, &target.unsqueeze(1), false).squeeze_dim(1).exp(); // (batch, voxel)
        let zeros = Tensor::zeros([n_batch, n_classes], (Kind::Float, log_p.device()));
        Self {
            overlap: zeros.scatter_add(1, &target, &true_p),
            target: zeros.scatter_add(1, &target, &true_p.ones_like()),
            predicted: log_p.exp().sum_dim_intlist([2_i64].as_slice(), false, Kind::Float),
        }
    }
}

/// Log-probabilities in `f32` over the class axis, whatever the logits' kind.
pub(super) fn log_probabilities(logits: &Tensor) -> Tensor {
    logits.log_softmax(1, Kind::Float)
}
