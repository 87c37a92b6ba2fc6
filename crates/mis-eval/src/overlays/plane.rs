//! How a lattice is cut into pictures.

use mis_core::{Geometry, Orientation, Reorientation};
use serde::{Deserialize, Serialize};

/// Which slices are shown, each as a radiologist is used to see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Plane {
    /// From the feet to the head; the patient's right is on the left, the front is up.
    Axial,
    /// From the front to the back; the patient's right is on the left, the head is up.
    Coronal,
    /// From the right to the left; the front is on the left, the head is up.
    Sagittal,
}

impl Plane {
    const ALL: [Self; 3] = [Self::Axial, Self::Coronal, Self::Sagittal];

    /// Where columns, rows and slices run to.
    fn orientation(self) -> Orientation {
        let codes = match self {
            Self::Axial => "LPS",
            Self::Coronal => "LIP",
            Self::Sagittal => "PIL",
        };
        codes.parse().expect("three axis codes")
    }

    /// The letters of the picture's left and upper edge.
    pub(super) fn edges(self) -> [char; 2] {
        match self {
            Self::Axial => ['R', 'A'],
            Self::Coronal => ['R', 'S'],
            Self::Sagittal => ['A', 'S'],
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Axial => "axial",
            Self::Coronal => "coronal",
            Self::Sagittal => "sagittal",
        }
    }
}

impl std::str::FromStr for Plane {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> anyhow::Result<Self> {
        let found = Self::ALL.into_iter().find(|plane| plane.name() == name);
        found.ok_or_else(|| anyhow::anyhow!("expected axial, coronal or sagittal, got {name:?}"))
    }
}

/// A lattice as a stack of pictures. Voxels are not moved: each pixel knows its voxel.
///
/// A lattice that is oblique to the patient is shown along its own axes, by the plane that they lie nearest to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SliceView {
    /// Which plane the slices lie in.
    pub plane: Plane,
    /// Columns, rows and slices, in voxels.
    pub shape: [usize; 3],
    /// Distance in mm from a column, row and slice to the next.
    pub spacing: [f64; 3],
    /// Where in memory, k fastest, the first column, row and slice lies.
    first: isize,
    /// How far in memory it is to the next column, row and slice.
    steps: [isize; 3],
    /// The voxel axis that slices lie across.
    pub(super) across: usize,
}

impl SliceView {
    /// The view of a lattice by a plane; without one by the plane of its only slice, else by axial slices.
    #[must_use]
    pub fn of(geometry: &Geometry, plane: Option<Plane>) -> Self {
        let shape = geometry.shape;
        let view = |plane| Self::by(geometry, plane);
        let only = (0..3).rev().find(|&axis| shape[axis] == 1);
        plane.map_or_else(
            || {
                let by_only = Plane::ALL.into_iter().map(view).find(|view| Some(view.across) == only);
                by_only.unwrap_or_else(|| view(Plane::Axial))
            },
            view,
        )
    }

    fn by(geometry: &Geometry, plane: Plane) -> Self {
        let way = Reorientation::between(Orientation::of(&geometry.affine), plane.orientation());
        let [_, n_j, n_k] = geometry.shape;
        let memory = [n_j * n_k, n_k, 1].map(usize::cast_signed);
        let (spacing, shape) = (geometry.affine.spacing(), way.from.map(|axis| geometry.shape[axis]));
        let (mut first, mut steps) = (0, [0; 3]);
        for axis in 0..3 {
            let step = memory[way.from[axis]];
            if way.reversed[axis] {
                first += (shape[axis].cast_signed() - 1) * step;
            }
            steps[axis] = if way.reversed[axis] { -step } else { step };
        }
        let spacing = way.from.map(|axis| spacing[axis]);
        Self { plane, shape, spacing, first, steps, across: way.from[2] }
    }

    /// Number of slices.
    #[must_use]
    pub fn n_slices(&self) -> usize {
        self.shape[2]
    }

    /// What a slice is called: its plane, and its place along the voxel axis that it lies across, as in the file.
    #[must_use]
    pub fn slice_name(&self, slice: usize) -> String {
        let at = if self.steps[2] < 0 { self.n_slices() - 1 - slice } else { slice };
        format!("{} {} {at}", self.plane.name(), ["i", "j", "k"][self.across])
    }

    /// Where in memory, k fastest, the voxel of a column, row and slice lies.
    #[must_use]
    pub fn offset(&self, [column, row, slice]: [usize; 3]) -> usize {
        let at = [column, row, slice].map(usize::cast_signed);
        (self.first + (0..3).map(|axis| at[axis] * self.steps[axis]).sum::<isize>()).cast_unsigned()
    }

    /// How many voxels of each slice, in the order of slices, `counts` says yes to; it is given offsets in memory.
    #[must_use]
    pub fn count_by_slice(&self, counts: impl Fn(usize) -> bool) -> Vec<usize> {
        let step = self.steps[2].unsigned_abs();
        let n = self.n_slices();
        let mut found = vec![0; n];
        let n_voxels: usize = self.shape.iter().product();
        for run in 0..n_voxels / step {
            let place = run % n;
            found[place] += (run * step..(run + 1) * step).filter(|&offset| counts(offset)).count();
        }
        if self.steps[2] < 0 {
            found.reverse();
        }
        found
    }

    /// Width and height in square pixels of a picture whose longer side is at most `max_side`: as many pixels as voxels
    /// where they fit, enlarged by a whole number where they are few.
    #[must_use]
    pub fn picture_size(&self, max_side: usize) -> [usize; 2] {
        let pixel = self.spacing[0].min(self.spacing[1]);
        let natural = [0, 1].map(|axis| self.shape[axis] as f64 * self.spacing[axis] / pixel);
        let zoom = max_side as f64 / natural[0].max(natural[1]);
        let zoom = if zoom < 1.0 { zoom } else { zoom.floor() };
        natural.map(|side| ((side * zoom).round() as usize).clamp(1, max_side))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::Affine;

    /// All 48 orders and directions of axes, with 2 mm along x, 3 along y and 5 along z.
    fn lattices() -> Vec<Geometry> {
        let mut lattices = Vec::new();
        for world in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            for signs in 0..8 {
                let mut rows = [[0.0; 4]; 4];
                rows[3][3] = 1.0;
                let (mut shape, size) = ([0; 3], [7, 8, 9]);
                for axis in 0..3 {
                    let sign = if signs >> axis & 1 == 1 { -1.0 } else { 1.0 };
                    rows[world[axis]][axis] = sign * [2.0, 3.0, 5.0][world[axis]];
                    shape[axis] = size[world[axis]];
                }
                lattices.push(Geometry { shape, affine: Affine::new(rows).unwrap() });
            }
        }
        lattices
    }

    /// The voxel that lies farthest along these directions of the world.
    fn corner(geometry: &Geometry, toward: [f64; 3]) -> usize {
        let [n_i, n_j, n_k] = geometry.shape;
        let voxels = (0..n_i * n_j * n_k).max_by(|&a, &b| {
            let along = |offset: usize| {
                let voxel = [offset / (n_j * n_k), offset / n_k % n_j, offset % n_k];
                let at = geometry.affine.world(voxel.map(|n| n as f64));
                (0..3).map(|axis| at[axis] * toward[axis]).sum::<f64>()
            };
            along(a).total_cmp(&along(b))
        });
        voxels.unwrap()
    }

    #[test]
    fn the_patients_left_front_head_is_at_the_upper_right_of_the_last_axial_slice_in_all_48_orientations() {
        let lattices = lattices();
        assert_eq!(lattices.len(), 48);
        for geometry in &lattices {
            let marker = corner(geometry, [-1.0, 1.0, 1.0]); // x to the right, y to the front, z to the head
            let axial = SliceView::of(geometry, None);
            assert_eq!((axial.plane, axial.shape, axial.spacing), (Plane::Axial, [7, 8, 9], [2.0, 3.0, 5.0]));
            assert_eq!(axial.offset([6, 0, 8]), marker, "axial, {geometry:?}");
            let coronal = SliceView::of(geometry, Some(Plane::Coronal));
            assert_eq!((coronal.shape, coronal.spacing), ([7, 9, 8], [2.0, 5.0, 3.0]));
            assert_eq!(coronal.offset([6, 0, 0]), marker, "coronal, {geometry:?}");
            let sagittal = SliceView::of(geometry, Some(Plane::Sagittal));
            assert_eq!((sagittal.shape, sagittal.spacing), ([8, 9, 7], [3.0, 5.0, 2.0]));
            assert_eq!(sagittal.offset([0, 0, 6]), marker, "sagittal, {geometry:?}");
        }
    }

    #[test]
    fn each_voxel_is_one_pixel_of_one_slice_and_counted_there() {
        for geometry in &lattices() {
            let view = SliceView::of(geometry, None);
            let [columns, rows, slices] = view.shape;
            let mut seen = vec![0; geometry.n_voxels()];
            for slice in 0..slices {
                for row in 0..rows {
                    (0..columns).for_each(|column| seen[view.offset([column, row, slice])] += 1);
                }
            }
            assert!(seen.iter().all(|&n| n == 1), "{geometry:?}");
            let (one, other) = (view.offset([1, 2, 3]), view.offset([4, 5, 3]));
            let mut expected = vec![0; slices];
            expected[3] = 2;
            assert_eq!(view.count_by_slice(|offset| offset == one || offset == other), expected);
        }
    }

    #[test]
    fn a_lattice_of_one_slice_is_shown_by_that_slice() {
        let affine =
            Affine::new([[0., 0., 3., 0.], [1., 0., 0., 0.], [0., 1., 0., 0.], [0., 0., 0., 1.]]).unwrap();
        let view = SliceView::of(&Geometry { shape: [20, 30, 1], affine }, None);
        assert_eq!((view.plane, view.shape), (Plane::Sagittal, [20, 30, 1]));
        let flat = Geometry { shape: [20, 30, 1], affine: Affine::from_spacing([1.0; 3]) };
        assert_eq!(SliceView::of(&flat, None).plane, Plane::Axial);
    }

    #[test]
    fn pixels_are_square_and_few_voxels_are_enlarged_by_a_whole_number() {
        let size = |shape, spacing, max_side| {
            let geometry = Geometry { shape, affine: Affine::from_spacing(spacing) };
            SliceView::of(&geometry, None).picture_size(max_side)
        };
        assert_eq!(size([512, 512, 9], [0.8, 0.8, 3.0], 256), [256, 256]);
        assert_eq!(size([35, 50, 9], [1.0; 3], 256), [175, 250]);
        assert_eq!(size([100, 40, 9], [1.0, 5.0, 1.0], 250), [100, 200]);
        assert_eq!(size([4000, 2, 9], [1.0; 3], 100), [100, 1]);
    }
}
