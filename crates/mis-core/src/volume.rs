//! Grey values on a lattice.

use anyhow::{Result, ensure};
use ndarray::{Array4, ArrayView4};

use crate::{Affine, Geometry};

/// Grey values of a scan, or class probabilities, as `(channel, i, j, k)` on a lattice.
///
/// `i, j, k` is NIfTI's index order, as nibabel gives it; the array is in standard (C) layout and has at least one
/// channel. A 2-D image has `k == 1`. Values are whatever the file or step says: HU in a CT, z-scores later on.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume {
    data: Array4<f32>,
    affine: Affine,
}

impl Volume {
    /// A volume from values `(channel, i, j, k)`, brought into standard layout if need be. An axis without extent is
    /// refused.
    pub fn new(data: Array4<f32>, affine: Affine) -> Result<Self> {
        ensure!(!data.is_empty(), "volume must hold voxels, got shape {:?}", data.shape());
        let data = if data.is_standard_layout() { data } else { data.as_standard_layout().into_owned() };
        Ok(Self { data, affine })
    }

    /// The values, `(channel, i, j, k)`.
    #[must_use]
    pub fn data(&self) -> ArrayView4<'_, f32> {
        self.data.view()
    }

    /// The values as one slice, channel slowest, k fastest.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        self.data.as_slice().expect("a volume is in standard layout")
    }

    /// The values as one slice to write to, channel slowest, k fastest.
    #[must_use]
    pub fn as_slice_mut(&mut self) -> &mut [f32] {
        self.data.as_slice_mut().expect("a volume is in standard layout")
    }

    /// The values, given up by the volume; in standard layout.
    #[must_use]
    pub fn into_data(self) -> Array4<f32> {
        self.data
    }

    /// Voxel index to RAS+ millimetres.
    #[must_use]
    pub fn affine(&self) -> Affine {
        self.affine
    }

    /// Number of channels.
    #[must_use]
    pub fn n_channels(&self) -> usize {
        self.data.dim().0
    }

    /// Number of voxels along i, j and k.
    #[must_use]
    pub fn shape(&self) -> [usize; 3] {
        let (_, i, j, k) = self.data.dim();
        [i, j, k]
    }

    /// Shape and position of the lattice.
    #[must_use]
    pub fn geometry(&self) -> Geometry {
        Geometry { shape: self.shape(), affine: self.affine }
    }
}
