//! How often a network halves which axis, and how wide its kernels are.

/// The stages of a U-Net for patches of a spacing, finest first (nnU-Net's rules).
///
/// An axis is halved while half of it is at least 4 voxels and its spacing is less than twice the smallest among the axes
/// that can be; a single axis left goes on only from 12 voxels. A kernel spans one voxel of an axis until the spacing
/// there is less than twice the finest, and three from then on and in the bottleneck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Topology {
    /// The patch, brought up to multiples of what the halvings ask for.
    pub(super) patch_size: [usize; 3],
    /// What each side of the patch is a multiple of.
    pub(super) divisor: [usize; 3],
    /// Extents of the kernels of each stage.
    pub(super) kernels: Vec<[usize; 3]>,
    /// Stride at the entry of each stage; 1 for the first.
    pub(super) strides: Vec<[usize; 3]>,
}

/// Least number of voxels along an axis in the bottleneck.
const MIN_EDGE: f64 = 4.0;

impl Topology {
    /// For a patch of about this size, on the first `n_axes` axes; others are one voxel deep.
    pub(super) fn of(spacing: [f64; 3], size: [f64; 3], n_axes: usize) -> Self {
        let (mut current, mut extent) = (spacing, size);
        let (mut strides, mut kernels) = (vec![[1; 3]], Vec::new());
        let (mut kernel, mut divisor) = ([1; 3], [1; 3]);
        loop {
            let large: Vec<usize> = (0..n_axes).filter(|&axis| extent[axis] >= 2.0 * MIN_EDGE).collect();
            let smallest = large.iter().map(|&axis| current[axis]).fold(f64::INFINITY, f64::min);
            let halved: Vec<usize> =
                large.into_iter().filter(|&axis| current[axis] / smallest < 2.0).collect();
            match halved[..] {
                [] => break,
                [axis] if extent[axis] < 3.0 * MIN_EDGE => break,
                _ => {}
            }
            let finest = current[..n_axes].iter().copied().fold(f64::INFINITY, f64::min);
            for axis in 0..n_axes {
                if current[axis] / finest < 2.0 {
                    kernel[axis] = 3;
                }
            }
            let mut stride = [1; 3];
            for axis in halved {
                stride[axis] = 2;
                divisor[axis] *= 2;
                current[axis] *= 2.0;
                extent[axis] = (extent[axis] / 2.0).ceil();
            }
            strides.push(stride);
            kernels.push(kernel);
        }
        kernels.push([0, 1, 2].map(|axis| if axis < n_axes { 3 } else { 1 }));
        let patch_size = [0, 1, 2]
            .map(|axis| ((size[axis] / divisor[axis] as f64).ceil() as usize).max(1) * divisor[axis]);
        Self { patch_size, divisor, kernels, strides }
    }

    /// Channels of each stage: doubled from stage to stage up to `max`.
    pub(super) fn widths(&self, max: usize) -> Vec<usize> {
        (0..self.strides.len()).map(|stage| (32 << stage.min(16)).min(max)).collect()
    }

    /// Values of all feature maps of a plain U-Net of these stages for one patch: what nnU-Net takes for its memory.
    pub(super) fn n_features(&self, max_width: usize, n_classes: usize) -> f64 {
        let widths = self.widths(max_width);
        let mut extent = self.patch_size;
        let sizes: Vec<f64> = self
            .strides
            .iter()
            .map(|stride| {
                extent = [0, 1, 2].map(|axis| extent[axis] / stride[axis]);
                extent.iter().product::<usize>() as f64
            })
            .collect();
        let maps = |stage: usize, n: f64| n * widths[stage] as f64 * sizes[stage];
        let encoder: f64 = (0..widths.len()).map(|stage| maps(stage, 2.0)).sum();
        // Two convolutions and the up-sampling that leads to them.
        let decoder: f64 = (0..widths.len() - 1).map(|stage| maps(stage, 3.0)).sum();
        encoder + decoder + n_classes as f64 * sizes[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_isotropic_patch_is_halved_along_all_axes() {
        let topology = Topology::of([1.0; 3], [36.0, 50.0, 35.5], 3);
        assert_eq!(topology.patch_size, [40, 56, 40]);
        assert_eq!(topology.strides, [[1; 3], [2; 3], [2; 3], [2; 3]]);
        assert_eq!(topology.kernels, [[3; 3]; 4]);
    }

    #[test]
    fn thick_slices_are_left_alone_until_the_others_are_as_coarse() {
        let topology = Topology::of([5.0, 1.0, 1.0], [20.0, 256.0, 256.0], 3);
        assert_eq!(topology.strides[..4], [[1, 1, 1], [1, 2, 2], [1, 2, 2], [2, 2, 2]]);
        assert_eq!(topology.kernels[..3], [[1, 3, 3], [1, 3, 3], [3, 3, 3]]);
    }

    #[test]
    fn pictures_have_no_third_axis() {
        let topology = Topology::of([1.0, 1.0, 1.0], [256.0, 256.0, 1.0], 2);
        assert_eq!(topology.patch_size, [256, 256, 1]);
        assert_eq!(topology.strides.len(), 7);
        assert!(topology.kernels.iter().all(|kernel| *kernel == [3, 3, 1]));
    }
}
