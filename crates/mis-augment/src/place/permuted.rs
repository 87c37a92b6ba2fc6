//! Voxels in another order.

use mis_core::{LabelMap, Sample, Volume};
use ndarray::{Array3, Array4, ArrayView3, Axis};
use rayon::prelude::*;

/// A way to exchange and reverse axes that leaves a shape as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Permuted {
    /// For each axis the one that comes to lie there.
    pub(crate) axes: [usize; 3],
    /// Which axes are reversed once they lie there.
    pub(crate) reversed: [bool; 3],
}

impl Permuted {
    pub(crate) const IDENTITY: Self = Self { axes: [0, 1, 2], reversed: [false; 3] };

    /// A quarter-turn about an axis after this, from the next axis towards the one after it.
    pub(crate) fn turned(self, about: usize) -> Self {
        let (a, b) = ((about + 1) % 3, (about + 2) % 3);
        let Self { mut axes, mut reversed } = self;
        axes.swap(a, b);
        reversed.swap(a, b);
        reversed[a] = !reversed[a];
        Self { axes, reversed }
    }

    /// The sample with image and labels in this order, on the lattice as it was.
    ///
    /// # Panics
    /// Where axes of different extent change places.
    pub(crate) fn apply(self, mut sample: Sample) -> Sample {
        if self == Self::IDENTITY {
            return sample;
        }
        let affine = sample.image.affine();
        let (n_channels, shape) = (sample.image.n_channels(), sample.image.shape());
        assert_eq!(self.axes.map(|axis| shape[axis]), shape, "only axes of one extent change places");
        let mut image = Array4::zeros((n_channels, shape[0], shape[1], shape[2]));
        for (mut out, channel) in image.outer_iter_mut().zip(sample.image.data().outer_iter()) {
            copy(self.view(channel), out.as_slice_mut().expect("a new array is in standard layout"));
        }
        sample.image = Volume::new(image, affine).expect("as many voxels as before");
        sample.labels = sample.labels.map(|labels| {
            let mut out = Array3::zeros(shape);
            copy(self.view(labels.data()), out.as_slice_mut().expect("a new array is in standard layout"));
            LabelMap::new(out, labels.affine()).expect("as many voxels as before")
        });
        sample
    }

    fn view<T>(self, values: ArrayView3<'_, T>) -> ArrayView3<'_, T> {
        let mut view = values.permuted_axes(self.axes);
        for axis in (0..3).filter(|&axis| self.reversed[axis]) {
            view.invert_axis(Axis(axis));
        }
        view
    }
}

fn copy<T: Copy + Send + Sync>(view: ArrayView3<'_, T>, out: &mut [T]) {
    let n_plane = view.dim().1 * view.dim().2;
    out.par_chunks_exact_mut(n_plane).enumerate().for_each(|(i, plane)| {
        for (out, value) in plane.iter_mut().zip(view.index_axis(Axis(0), i)) {
            *out = *value;
        }
    });
}
