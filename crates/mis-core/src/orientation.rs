//! Which way voxel axes run in the patient, and lattices turned to other axes.

use std::fmt;
use std::str::FromStr;

use anyhow::{Result, ensure};
use ndarray::{ArrayD, Axis};
use serde::{Deserialize, Serialize};

use crate::{Affine, Geometry, LabelMap, Volume};

/// The directions that i, j and k run to, as axis codes: `"RAS"` is to the right, the front and the head, `"LPS"` to the
/// left, the back and the head; `"PSR"` is a scan whose rows run to the back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Orientation {
    /// The world axis (0 is x) that each voxel axis lies nearest to.
    world: [usize; 3],
    /// Whether a voxel axis runs against it.
    reversed: [bool; 3],
}

const CODES: [[char; 2]; 3] = [['R', 'L'], ['A', 'P'], ['S', 'I']];

impl Orientation {
    /// To the right, the front and the head: the axes of the world.
    pub const RAS: Self = Self { world: [0, 1, 2], reversed: [false; 3] };

    /// The orientation of a lattice: each voxel axis takes a world axis of its own, such that together they lie as near
    /// to them as can be.
    #[must_use]
    pub fn of(affine: &Affine) -> Self {
        const PERMUTATIONS: [[usize; 3]; 6] =
            [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        let direction = affine.direction();
        let nearness =
            |world: &[usize; 3]| (0..3).map(|axis| direction[world[axis]][axis].abs()).sum::<f64>();
        // The first of equals, so that a lattice turned by 45 degrees has one orientation.
        let world = PERMUTATIONS.iter().fold(PERMUTATIONS[0], |best, other| {
            if nearness(other) > nearness(&best) + 1e-9 { *other } else { best }
        });
        Self { world, reversed: std::array::from_fn(|axis| direction[world[axis]][axis] < 0.0) }
    }
}

impl fmt::Display for Orientation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..3).try_for_each(|axis| write!(f, "{}", CODES[self.world[axis]][usize::from(self.reversed[axis])]))
    }
}

impl FromStr for Orientation {
    type Err = anyhow::Error;

    fn from_str(codes: &str) -> Result<Self> {
        let mut found = Vec::new();
        for code in codes.chars() {
            let at = CODES.iter().flatten().position(|&c| c == code.to_ascii_uppercase());
            found.extend(at.map(|at| (at / 2, at % 2 == 1)));
        }
        let mut world: Vec<usize> = found.iter().map(|&(world, _)| world).collect();
        world.sort_unstable();
        ensure!(
            codes.chars().count() == 3 && world == [0, 1, 2],
            "expected axis codes such as \"RAS\" (one each of R or L, A or P, S or I), got {codes:?}"
        );
        let (world, reversed) = ([0, 1, 2].map(|n| found[n].0), [0, 1, 2].map(|n| found[n].1));
        Ok(Self { world, reversed })
    }
}

impl TryFrom<String> for Orientation {
    type Error = anyhow::Error;

    fn try_from(codes: String) -> Result<Self> {
        codes.parse()
    }
}

impl From<Orientation> for String {
    fn from(orientation: Orientation) -> Self {
        orientation.to_string()
    }
}

/// Axes put in another order and turned round: the way from one orientation to another. Voxels move, none changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reorientation {
    /// The old axis that becomes axis 0, 1 and 2.
    pub from: [usize; 3],
    /// Whether it is run through from its far end, for each new axis.
    pub reversed: [bool; 3],
}

impl Reorientation {
    /// From one orientation to another.
    #[must_use]
    pub fn between(before: Orientation, after: Orientation) -> Self {
        let from = after.world.map(|world| {
            before.world.iter().position(|&w| w == world).expect("an orientation has every world axis")
        });
        let reversed = std::array::from_fn(|axis| after.reversed[axis] != before.reversed[from[axis]]);
        Self { from, reversed }
    }

    /// The way back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        let mut inverse = *self;
        for axis in 0..3 {
            inverse.from[self.from[axis]] = axis;
            inverse.reversed[self.from[axis]] = self.reversed[axis];
        }
        inverse
    }

    /// Whether every voxel stays where it is.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.from == [0, 1, 2] && self.reversed == [false; 3]
    }

    /// The lattice afterwards: each voxel keeps its place in the world.
    #[must_use]
    pub fn geometry(&self, before: &Geometry) -> Geometry {
        let shape = self.from.map(|axis| before.shape[axis]);
        let rows = before.affine.rows();
        let mut first = [0.0; 3];
        for axis in 0..3 {
            if self.reversed[axis] {
                first[self.from[axis]] = (before.shape[self.from[axis]] - 1) as f64;
            }
        }
        let origin = before.affine.world(first);
        let mut turned = [[0.0, 0.0, 0.0, 0.0], [0.0; 4], [0.0; 4], [0.0, 0.0, 0.0, 1.0]];
        for row in 0..3 {
            for axis in 0..3 {
                let step = rows[row][self.from[axis]];
                // Zero has no sign here, so that there and back is the same affine.
                turned[row][axis] = if self.reversed[axis] { 0.0 - step } else { step };
            }
            turned[row][3] = origin[row];
        }
        let affine = Affine::new(turned).expect("turned axes span what they spanned before");
        Geometry { shape, affine }
    }

    /// The values in their new order, from `shape` with k fastest.
    ///
    /// # Panics
    /// Where the number of values is not that of the shape.
    #[must_use]
    pub fn values<T: Copy>(&self, values: &[T], shape: [usize; 3]) -> Vec<T> {
        let values = ndarray::ArrayView3::from_shape(shape, values).expect("one value per voxel");
        let mut turned = values.permuted_axes(self.from);
        for axis in 0..3 {
            if self.reversed[axis] {
                turned.invert_axis(Axis(axis));
            }
        }
        turned.iter().copied().collect()
    }

    /// A volume on the turned lattice.
    #[must_use]
    pub fn volume(&self, volume: &Volume) -> Volume {
        let before = volume.geometry();
        let after = self.geometry(&before);
        let channels = volume.as_slice().chunks_exact(before.n_voxels());
        let values: Vec<f32> = channels.flat_map(|channel| self.values(channel, before.shape)).collect();
        let shape = [&[volume.n_channels()], after.shape.as_slice()].concat();
        let data = ArrayD::from_shape_vec(shape, values).expect("as many voxels as before");
        let data = data.into_dimensionality().expect("four axes");
        Volume::new(data, after.affine).expect("as many voxels as before")
    }

    /// A label map on the turned lattice.
    #[must_use]
    pub fn label_map(&self, labels: &LabelMap) -> LabelMap {
        let before = labels.geometry();
        let after = self.geometry(&before);
        let values = self.values(labels.as_slice(), before.shape);
        let data = ndarray::Array3::from_shape_vec(after.shape, values).expect("as many voxels as before");
        LabelMap::new(data, after.affine).expect("as many voxels as before")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array4;
    use proptest::prelude::*;

    fn slices_first() -> Affine {
        Affine::new([[0., 0., -0.8, 5.], [0., -0.8, 0., 6.], [-3., 0., 0., 7.], [0., 0., 0., 1.]]).unwrap()
    }

    #[test]
    fn kits19_runs_down_then_back_then_left() {
        assert_eq!(Orientation::of(&slices_first()).to_string(), "IPL");
        assert_eq!(Orientation::of(&Affine::from_spacing([1.0; 3])), Orientation::RAS);
    }

    #[test]
    fn an_oblique_lattice_has_the_nearest_axes() {
        let (sin, cos) = 20.0_f64.to_radians().sin_cos();
        let affine =
            Affine::new([[0., cos, -sin, 0.], [2., 0., 0., 0.], [0., sin, cos, 0.], [0., 0., 0., 1.]])
                .unwrap();
        assert_eq!(Orientation::of(&affine).to_string(), "ARS");
    }

    #[test]
    fn codes_that_leave_an_axis_out_are_refused() {
        for codes in ["RLS", "RA", "RASX", "XYZ", ""] {
            let error = codes.parse::<Orientation>().unwrap_err().to_string();
            assert!(error.starts_with("expected axis codes such as \"RAS\""), "{error}");
        }
        assert_eq!("lps".parse::<Orientation>().unwrap().to_string(), "LPS");
    }

    fn codes() -> impl Strategy<Value = Orientation> {
        (Just([0, 1, 2]).prop_shuffle(), any::<[bool; 3]>())
            .prop_map(|(world, reversed)| Orientation { world, reversed })
    }

    proptest! {
        #[test]
        fn turning_there_and_back_changes_nothing_and_moves_no_voxel_in_the_world(
            to in codes(), shape in [1..5_usize, 1..5, 1..5],
        ) {
            let [i, j, k] = shape;
            let data = Array4::from_shape_fn((2, i, j, k), |(c, i, j, k)| (c * 125 + i * 25 + j * 5 + k) as f32);
            let before = Volume::new(data, slices_first()).unwrap();
            let there = Reorientation::between(Orientation::of(&before.affine()), to);
            let turned = there.volume(&before);
            prop_assert_eq!(Orientation::of(&turned.affine()), to);
            for ((_, i, j, k), &value) in turned.data().indexed_iter().filter(|((c, ..), _)| *c == 0) {
                let at = before.affine().index(turned.affine().world([i as f64, j as f64, k as f64]));
                let [i, j, k] = at.map(|x| x.round() as usize);
                prop_assert_eq!(before.data()[(0, i, j, k)], value);
            }
            let back = there.inverse().volume(&turned);
            prop_assert_eq!(back.data(), before.data());
            prop_assert!(before.geometry().corner_distance(&back.geometry()) < 1e-9);
            prop_assert_eq!(to.to_string().parse::<Orientation>().unwrap(), to);
        }
    }
}
