//! Mirroring at inference.

use anyhow::Result;
use mis_models::tch::Tensor;
use serde::{Deserialize, Serialize};

/// Shows a network each patch in all its mirror images and takes the mean: test-time augmentation, as MIScnn's and
/// nnU-Net's.
///
/// Of `n` allowed axes there are 2ⁿ views, the patch as it is among them. Each output is mirrored back, which is exact,
/// and the mean is formed in the order of [`views`](Self::views).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MirroredViews {
    /// Which of i, j and k are mirrored; none by default.
    pub axes: [bool; 3],
}

impl MirroredViews {
    /// Along which axes each view is mirrored; the first is the patch as it is.
    #[must_use]
    pub fn views(&self) -> Vec<[bool; 3]> {
        let all = (0..8_u8).map(|bits| std::array::from_fn(|axis| bits >> axis & 1 == 1));
        all.filter(|view: &[bool; 3]| (0..3).all(|axis| self.axes[axis] || !view[axis])).collect()
    }
}

/// A tensor `(batch, channel, i, j, k)`, or `(batch, channel, i, j)`, in a view or back from it.
pub(crate) fn mirrored(tensor: &Tensor, view: [bool; 3]) -> Result<Tensor> {
    let axes: Vec<i64> =
        (2..tensor.dim() as i64).zip(view).filter_map(|(axis, on)| on.then_some(axis)).collect();
    Ok(if axes.is_empty() { tensor.shallow_clone() } else { tensor.f_flip(axes)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_models::tch::{Device, Kind};

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
        for shape in [[2, 3, 4, 5, 6].as_slice(), &[2, 3, 4, 5]] {
            let n: i64 = shape.iter().product();
            let ramp = Tensor::arange(n, (Kind::Float, Device::Cpu)).view(shape);
            for view in (MirroredViews { axes: [true, true, shape.len() == 5] }).views() {
                let seen = mirrored(&ramp, view).unwrap();
                assert_eq!(seen == ramp, view == [false; 3]);
                assert_eq!(mirrored(&seen, view).unwrap(), ramp);
            }
        }
    }
}
