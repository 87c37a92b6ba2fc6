//! Grey values on a lattice.

use std::sync::Arc;

use anyhow::{Result, ensure};
use ndarray::{Array4, ArrayView4, Dim, Ix4};

use crate::interpolation::Fill;
use crate::patch_location::copy_box;
use crate::values::Values;
use crate::{Affine, Geometry, PatchLocation, SharedValues};

/// Grey values of a scan, or class probabilities, as `(channel, i, j, k)` on a lattice.
///
/// `i, j, k` is NIfTI's index order, as nibabel gives it; the array is in standard (C) layout and has at least one
/// channel. A 2-D image has `k == 1`. Values are whatever the file or step says: HU in a CT, z-scores later on.
#[derive(Clone, Debug)]
pub struct Volume {
    data: Values<f32, Ix4>,
    affine: Affine,
    /// The smallest value of each channel, where it is known without a look at all values.
    minima: Option<Arc<[f32]>>,
}

impl Volume {
    /// A volume from values `(channel, i, j, k)`, brought into standard layout if need be. An axis without extent is
    /// refused.
    pub fn new(data: Array4<f32>, affine: Affine) -> Result<Self> {
        ensure!(!data.is_empty(), "volume must hold voxels, got shape {:?}", data.shape());
        Ok(Self { data: Values::own(data), affine, minima: None })
    }

    /// A volume whose values `(channel, i, j, k)` lie in shared memory, such as a mapped file: only what is looked at is
    /// read. `minima` is the smallest value of each channel. An axis without extent is refused.
    pub fn shared(
        values: SharedValues<f32>,
        shape: [usize; 4],
        affine: Affine,
        minima: &[f32],
    ) -> Result<Self> {
        ensure!(shape.iter().all(|&n| n > 0), "volume must hold voxels, got shape {shape:?}");
        let n = shape[0];
        ensure!(minima.len() == n, "expected one minimum for each of {n} channels, found {}", minima.len());
        Ok(Self { data: Values::shared(values, Dim(shape))?, affine, minima: Some(minima.into()) })
    }

    /// The values, `(channel, i, j, k)`.
    #[must_use]
    pub fn data(&self) -> ArrayView4<'_, f32> {
        self.data.view()
    }

    /// The values as one slice, channel slowest, k fastest.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        self.data.as_slice()
    }

    /// The values as one slice to write to, channel slowest, k fastest.
    #[must_use]
    pub fn as_slice_mut(&mut self) -> &mut [f32] {
        self.minima = None;
        self.data.as_slice_mut()
    }

    /// The values, given up by the volume; in standard layout.
    #[must_use]
    pub fn into_data(self) -> Array4<f32> {
        self.data.into_array()
    }

    /// The smallest value of a channel: what lies outside the image. It costs a pass over the channel, except where the
    /// values are shared.
    #[must_use]
    pub fn minimum(&self, channel: usize) -> f32 {
        match &self.minima {
            Some(minima) => minima[channel],
            None => {
                let n: usize = self.shape().iter().product();
                self.as_slice()[channel * n..][..n].iter().copied().fold(f32::INFINITY, f32::min)
            }
        }
    }

    /// Copies a box into `out`, `(channel, i, j, k)`, in parallel over planes, with `fill` outside the image.
    ///
    /// # Panics
    /// Where `out` does not hold one value per channel and voxel of the box.
    pub fn cut_into(&self, at: &PatchLocation, fill: Fill, out: &mut [f32]) {
        assert_eq!(
            out.len(),
            self.n_channels() * at.n_voxels(),
            "a patch has one value per channel and voxel"
        );
        let (shape, inside) = (self.shape(), at.inside(self.shape()));
        let channels = self.as_slice().chunks_exact(shape.iter().product());
        for (channel, (source, out)) in channels.zip(out.chunks_exact_mut(at.n_voxels())).enumerate() {
            // The smallest value may cost a pass over the scan: only boxes that reach over the border pay it.
            let fill = match fill {
                _ if inside => 0.0,
                Fill::Minimum => self.minimum(channel),
                Fill::Value(value) => value,
            };
            copy_box(source, shape, at, fill, out);
        }
    }

    /// Voxel index to RAS+ millimetres.
    #[must_use]
    pub fn affine(&self) -> Affine {
        self.affine
    }

    /// Number of channels.
    #[must_use]
    pub fn n_channels(&self) -> usize {
        self.data.view().dim().0
    }

    /// Number of voxels along i, j and k.
    #[must_use]
    pub fn shape(&self) -> [usize; 3] {
        let (_, i, j, k) = self.data.view().dim();
        [i, j, k]
    }

    /// Shape and position of the lattice.
    #[must_use]
    pub fn geometry(&self) -> Geometry {
        Geometry { shape: self.shape(), affine: self.affine }
    }
}

/// Volumes are equal whose values and lattices are, wherever they lie in memory.
impl PartialEq for Volume {
    fn eq(&self, other: &Self) -> bool {
        self.affine == other.affine && self.data == other.data
    }
}
