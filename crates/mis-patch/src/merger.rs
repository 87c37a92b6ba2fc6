//! Patches at any places put together again.

use anyhow::{Result, ensure};
use mis_core::ndarray::Array4;
use mis_core::{Affine, PatchLocation, Volume};
use rayon::prelude::*;

use crate::MergeWeights;

/// Adds up patches of class probabilities with weights, in `f32`; any number of them may overlap.
///
/// The places need not be known beforehand. Its memory is the volume and one weight per voxel, however many patches are
/// added; for the patches of a grid, [`GridMerger`](crate::GridMerger) needs less time and no weights.
#[derive(Debug)]
pub struct Merger {
    sums: Vec<f32>,    // (channel, i, j, k)
    weights: Vec<f32>, // (i, j, k)
    n_channels: usize,
    shape: [usize; 3],
    profiles: [Vec<f32>; 3], // a patch's weight is the product of its three profiles
}

impl Merger {
    /// A merger for a volume of this many channels and shape from patches of this size.
    #[must_use]
    pub fn new(n_channels: usize, shape: [usize; 3], patch_size: [usize; 3], weights: MergeWeights) -> Self {
        let n: usize = shape.iter().product();
        let profiles = weights.profiles(patch_size);
        Self {
            sums: mis_core::zeros(n_channels * n),
            weights: mis_core::zeros(n),
            n_channels,
            shape,
            profiles,
        }
    }

    /// Adds a patch `(channel, i, j, k)`; what lies outside the volume is left out.
    ///
    /// # Panics
    /// Where the location's shape is not the patch size, or the number of values not that of its voxels.
    pub fn add(&mut self, at: &PatchLocation, patch: &[f32]) {
        let size = at.shape;
        assert_eq!(
            size,
            [0, 1, 2].map(|axis| self.profiles[axis].len()),
            "a patch has the merger's patch size"
        );
        assert_eq!(
            patch.len(),
            self.n_channels * at.n_voxels(),
            "a patch has one value per channel and voxel"
        );
        let [along_i, along_j, along_k] = [0, 1, 2].map(|axis| at.overlap(axis, self.shape[axis]));
        let (plane, n) = (self.shape[1] * self.shape[2], self.weights.len());
        let [profile_i, profile_j, profile_k] = &self.profiles;
        let (before_k, ks) = along_k;
        let profile_k = &profile_k[before_k..before_k + ks.len()];

        // One volume (a channel, or the weights) plane by plane; `source` is its patch, none for the weights.
        let add_to = |volume: &mut [f32], source: Option<&[f32]>| {
            let planes = volume[along_i.1.start * plane..along_i.1.end * plane].par_chunks_exact_mut(plane);
            planes.enumerate().for_each(|(i, target)| {
                let i = along_i.0 + i;
                for (j, target_j) in along_j.1.clone().enumerate() {
                    let j = along_j.0 + j;
                    let weight = profile_i[i] * profile_j[j];
                    let target = &mut target[target_j * self.shape[2] + ks.start..][..ks.len()];
                    match source {
                        Some(source) => {
                            let row = &source[(i * size[1] + j) * size[2] + before_k..][..ks.len()];
                            for ((sum, value), weight_k) in target.iter_mut().zip(row).zip(profile_k) {
                                *sum += weight * weight_k * value;
                            }
                        }
                        None => {
                            for (sum, weight_k) in target.iter_mut().zip(profile_k) {
                                *sum += weight * weight_k;
                            }
                        }
                    }
                }
            });
        };
        for (volume, source) in self.sums.chunks_exact_mut(n).zip(patch.chunks_exact(at.n_voxels())) {
            add_to(volume, Some(source));
        }
        add_to(&mut self.weights, None);
    }

    /// The weighted mean of what was added, on a lattice. A voxel that no patch covered is an error.
    pub fn finish(mut self, affine: Affine) -> Result<Volume> {
        let n_bare = self.weights.par_iter().filter(|&&weight| weight == 0.0).count();
        ensure!(n_bare == 0, "{n_bare} of {} voxels are covered by no patch", self.weights.len());
        for volume in self.sums.chunks_exact_mut(self.weights.len()) {
            volume.par_iter_mut().zip(&self.weights).for_each(|(sum, weight)| *sum /= weight);
        }
        let [i, j, k] = self.shape;
        Volume::new(Array4::from_shape_vec((self.n_channels, i, j, k), self.sums)?, affine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_overlapping_patches_give_their_true_mean() {
        let mut merger = Merger::new(1, [1, 1, 1], [1, 1, 1], MergeWeights::Mean);
        for value in [1.0, 2.0, 6.0] {
            merger.add(&PatchLocation { start: [0; 3], shape: [1; 3] }, &[value]);
        }
        assert_eq!(merger.finish(Affine::from_spacing([1.0; 3])).unwrap().as_slice(), [3.0]);
    }

    #[test]
    fn a_voxel_without_patch_is_an_error() {
        let merger = Merger::new(1, [2, 2, 2], [1, 1, 1], MergeWeights::Mean);
        let error = merger.finish(Affine::from_spacing([1.0; 3])).unwrap_err();
        assert_eq!(error.to_string(), "8 of 8 voxels are covered by no patch");
    }
}
