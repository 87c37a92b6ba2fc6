//! How far a patch is turned.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

/// The largest angle, in degrees, about i, j and k; angles are uniform to either side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rotation {
    /// nnU-Net's rule: 30 about each axis; 180 in the plane where the patch is slices; 15 where it is one slice with
    /// one side more than 1.5 times the other.
    #[default]
    ByShape,
    /// The same about each axis.
    UpTo(f32),
    /// Its own about each axis.
    PerAxis([f32; 3]),
}

impl Rotation {
    /// The largest angles about i, j and k for a patch of this shape with this axis across its slices, if it has any.
    #[must_use]
    pub fn limits(self, shape: [usize; 3], across: Option<usize>) -> [f32; 3] {
        let limits = match (self, across) {
            (Self::UpTo(limit), _) => [limit; 3],
            (Self::PerAxis(limits), _) => limits,
            (Self::ByShape, None) => [30.0; 3],
            (Self::ByShape, Some(across)) => {
                let [a, b] = [shape[(across + 1) % 3] as f32, shape[(across + 2) % 3] as f32];
                [if shape[across] == 1 && a.max(b) > 1.5 * a.min(b) { 15.0 } else { 180.0 }; 3]
            }
        };
        // Slices turn about the axis across them alone.
        std::array::from_fn(
            |axis| if across.is_none_or(|across| across == axis) { limits[axis] } else { 0.0 },
        )
    }

    /// Says what is wrong with the angles.
    pub fn check(self) -> Result<()> {
        let limits = self.limits([1; 3], None);
        ensure!(
            limits.iter().all(|limit| (0.0..=180.0).contains(limit)),
            "rotation must lie between 0 and 180 degrees, got {limits:?}"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_nnunets() {
        let limits = |shape, across| Rotation::ByShape.limits(shape, across);
        assert_eq!(limits([128, 128, 128], None), [30.0; 3]);
        assert_eq!(limits([20, 256, 128], Some(0)), [180.0, 0.0, 0.0]);
        assert_eq!(limits([256, 192, 1], Some(2)), [0.0, 0.0, 180.0]);
        assert_eq!(limits([256, 128, 1], Some(2)), [0.0, 0.0, 15.0]);
    }
}
