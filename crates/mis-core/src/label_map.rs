//! Class indices on a lattice.

use anyhow::{Result, ensure};
use ndarray::{Array3, ArrayView3, Dim, Ix3};

use crate::patch_location::copy_box;
use crate::values::Values;
use crate::{Affine, Geometry, PatchLocation, SharedValues, Volume};

/// The label of voxels of which no class is known, such as those beyond the scan where that is wished: losses that know
/// it leave them out. No class of a table has it.
pub const IGNORE: u8 = u8::MAX;

/// One class index per voxel as `(i, j, k)`: 0 is background, the others are places in the experiment's class table.
///
/// The array is in standard (C) layout.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelMap {
    data: Values<u8, Ix3>,
    affine: Affine,
}

impl LabelMap {
    /// A label map from class indices `(i, j, k)`, brought into standard layout if need be. An axis without extent is
    /// refused.
    pub fn new(data: Array3<u8>, affine: Affine) -> Result<Self> {
        ensure!(!data.is_empty(), "label map must hold voxels, got shape {:?}", data.shape());
        Ok(Self { data: Values::own(data), affine })
    }

    /// A label map whose class indices `(i, j, k)` lie in shared memory, such as a mapped file: only what is looked at is
    /// read. An axis without extent is refused.
    pub fn shared(labels: SharedValues<u8>, shape: [usize; 3], affine: Affine) -> Result<Self> {
        ensure!(shape.iter().all(|&n| n > 0), "label map must hold voxels, got shape {shape:?}");
        Ok(Self { data: Values::shared(labels, Dim(shape))?, affine })
    }

    /// The class indices, `(i, j, k)`.
    #[must_use]
    pub fn data(&self) -> ArrayView3<'_, u8> {
        self.data.view()
    }

    /// The class indices as one slice, k fastest.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.data.as_slice()
    }

    /// The class indices as one slice to write to, k fastest.
    #[must_use]
    pub fn as_slice_mut(&mut self) -> &mut [u8] {
        self.data.as_slice_mut()
    }

    /// The class indices, given up by the label map; in standard layout.
    #[must_use]
    pub fn into_data(self) -> Array3<u8> {
        self.data.into_array()
    }

    /// Copies a box into `out`, `(i, j, k)`, in parallel over planes, with the label `outside` outside the map.
    ///
    /// # Panics
    /// Where `out` does not hold one label per voxel of the box.
    pub fn cut_into(&self, at: &PatchLocation, outside: u8, out: &mut [u8]) {
        assert_eq!(out.len(), at.n_voxels(), "a patch has one label per voxel");
        copy_box(self.as_slice(), self.shape(), at, outside, out);
    }

    /// Voxel index to RAS+ millimetres.
    #[must_use]
    pub fn affine(&self) -> Affine {
        self.affine
    }

    /// Number of voxels along i, j and k.
    #[must_use]
    pub fn shape(&self) -> [usize; 3] {
        self.data.view().dim().into()
    }

    /// Shape and position of the lattice.
    #[must_use]
    pub fn geometry(&self) -> Geometry {
        Geometry { shape: self.shape(), affine: self.affine }
    }
}

/// The most probable class of each voxel, from one probability (or logit) per class and voxel; the lower class wins a
/// tie, so that a voxel nobody claims is background.
///
/// # Panics
/// With more than 256 channels, which a class index cannot name.
#[must_use]
pub fn argmax(probabilities: &Volume) -> LabelMap {
    assert!(probabilities.n_channels() <= 256, "a class index names at most 256 classes");
    let shape = probabilities.shape();
    let n: usize = shape.iter().product();
    let mut classes = probabilities.as_slice().chunks_exact(n);
    let mut best = classes.next().expect("a volume has a channel").to_vec();
    let mut labels = vec![0_u8; n];
    for (class, values) in (1..=255_u8).zip(classes) {
        for ((label, best), &value) in labels.iter_mut().zip(&mut best).zip(values) {
            if value > *best {
                *best = value;
                *label = class;
            }
        }
    }
    let data = Array3::from_shape_vec(shape, labels).expect("one label per voxel");
    LabelMap { data: Values::own(data), affine: probabilities.affine() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array4;

    #[test]
    fn a_tie_goes_to_the_lower_class() {
        let p =
            Array4::from_shape_vec((3, 1, 1, 3), vec![0.4, 0.2, 0.3, 0.4, 0.5, 0.3, 0.2, 0.3, 0.4]).unwrap();
        let labels = argmax(&Volume::new(p, Affine::from_spacing([1.0; 3])).unwrap());
        assert_eq!(labels.as_slice(), [0, 1, 2]);
    }
}
