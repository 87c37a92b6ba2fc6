//! Mirroring at inference.

use anyhow::{Result, ensure};
use mis_core::Volume;
use serde::{Deserialize, Serialize};

use crate::mirror;

/// Predicts a scan in all its mirror images and takes the mean: test-time augmentation, as MIScnn's and nnU-Net's.
///
/// Of `n` allowed axes there are 2ⁿ views, the scan as it is among them. Each prediction is mirrored back, which is
/// exact, and the mean is formed in the order of [`views`](Self::views).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MirroredViews {
    /// Which of i, j and k are mirrored; none by default.
    pub axes: [bool; 3],
}

impl MirroredViews {
    /// Along which axes each view is mirrored; the first is the scan as it is.
    #[must_use]
    pub fn views(&self) -> Vec<[bool; 3]> {
        let all = (0..8_u8).map(|bits| std::array::from_fn(|axis| bits >> axis & 1 == 1));
        all.filter(|view: &[bool; 3]| (0..3).all(|axis| self.axes[axis] || !view[axis])).collect()
    }

    /// The mean of what `predict` says of each view, on the scan's lattice. A prediction of another shape than the
    /// scan's is an error.
    pub fn mean(&self, scan: &Volume, mut predict: impl FnMut(&Volume) -> Result<Volume>) -> Result<Volume> {
        let views = self.views();
        let mut sum: Option<Volume> = None;
        for view in &views {
            let mut prediction = if *view == [false; 3] {
                predict(scan)?
            } else {
                let mut image = scan.clone();
                mirror(&mut image, *view);
                predict(&image)?
            };
            ensure!(
                prediction.shape() == scan.shape(),
                "expected a prediction of shape {:?} to be mirrored back, found {:?}",
                scan.shape(),
                prediction.shape()
            );
            mirror(&mut prediction, *view);
            match &mut sum {
                None => sum = Some(prediction),
                Some(sum) => {
                    let values = sum.as_slice_mut().iter_mut();
                    values.zip(prediction.as_slice()).for_each(|(sum, value)| *sum += value);
                }
            }
        }
        let mut mean = sum.expect("the scan as it is is a view");
        let share = 1.0 / views.len() as f32;
        mean.as_slice_mut().iter_mut().for_each(|value| *value *= share);
        Ok(mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::Affine;
    use ndarray::Array4;

    fn ramp() -> Volume {
        let data =
            Array4::from_shape_fn((2, 3, 4, 5), |(c, i, j, k)| (c * 1000 + i * 100 + j * 10 + k) as f32);
        Volume::new(data, Affine::from_spacing([1.0; 3])).unwrap()
    }

    #[test]
    fn views_are_all_combinations_of_the_axes() {
        assert_eq!(MirroredViews::default().views(), [[false; 3]]);
        let two = MirroredViews { axes: [true, false, true] };
        assert_eq!(
            two.views(),
            [[false, false, false], [true, false, false], [false, false, true], [true, false, true]]
        );
        assert_eq!(MirroredViews { axes: [true; 3] }.views().len(), 8);
    }

    #[test]
    fn views_are_undone_to_the_bit() {
        let all = MirroredViews { axes: [true; 3] };
        // What looks at each voxel alone says the same in all views; eight times a whole number is exact.
        assert_eq!(all.mean(&ramp(), |view| Ok(view.clone())).unwrap(), ramp());
        for view in all.views() {
            let mut volume = ramp();
            mirror(&mut volume, view);
            assert_eq!(volume == ramp(), view == [false; 3]);
            mirror(&mut volume, view);
            assert_eq!(volume, ramp());
        }
    }

    #[test]
    fn a_prediction_that_depends_on_the_side_is_averaged() {
        let along_k = MirroredViews { axes: [false, false, true] };
        // The place along k, whatever the image.
        let place = |view: &Volume| {
            let data = Array4::from_shape_fn(view.data().dim(), |(.., k)| k as f32);
            Volume::new(data, view.affine())
        };
        assert!(along_k.mean(&ramp(), place).unwrap().as_slice().iter().all(|&value| value == 2.0));
    }

    #[test]
    fn a_prediction_of_another_shape_is_refused() {
        let small = |view: &Volume| Volume::new(Array4::zeros((1, 1, 1, 1)), view.affine());
        let error = MirroredViews::default().mean(&ramp(), small).unwrap_err().to_string();
        assert_eq!(error, "expected a prediction of shape [3, 4, 5] to be mirrored back, found [1, 1, 1]");
    }
}
