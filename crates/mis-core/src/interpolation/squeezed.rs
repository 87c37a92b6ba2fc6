//! Images whose neighbors along the last axis can be read in pairs.

use std::borrow::Cow;

/// An image with axes of one voxel moved to the front, so that the last axis has two voxels at least: a 2-D image is
/// one plane.
pub(super) struct Squeezed<'a, T: Clone> {
    values: Cow<'a, [T]>,
    pub(super) shape: [usize; 3],
    /// Which axis of the image each axis was.
    pub(super) axes: [usize; 3],
}

impl<'a, T: Copy + Default> Squeezed<'a, T> {
    pub(super) fn of(values: &'a [T], shape: [usize; 3]) -> Self {
        let (mut axes, mut values) = ([0, 1, 2], Cow::Borrowed(values));
        while shape[axes[2]] == 1 && axes[2] > 0 {
            axes.rotate_right(1);
        }
        let mut shape = axes.map(|axis| shape[axis]);
        if shape[2] == 1 {
            // One voxel in all: twice the same.
            values = Cow::Owned(vec![values[0]; 2]);
            shape[2] = 2;
        }
        Self { values, shape, axes }
    }

    /// Voxels between neighbors along the first two axes.
    pub(super) fn strides(&self) -> [usize; 2] {
        [self.shape[1] * self.shape[2], self.shape[2]]
    }

    /// Voxels from a lower to an upper neighbor; 0 along an axis of one voxel.
    pub(super) fn steps(&self) -> [usize; 2] {
        let strides = self.strides();
        std::array::from_fn(|axis| if self.shape[axis] > 1 { strides[axis] } else { 0 })
    }

    pub(super) fn values(&self) -> &[T] {
        &self.values
    }
}

/// The voxel at this offset and the next along the last axis.
#[inline]
pub(super) fn pair<T: Copy + Default>(values: &[T], offset: usize) -> [T; 2] {
    // A cell never ends behind the image: no other case comes up.
    values.get(offset..).and_then(<[T]>::first_chunk).copied().unwrap_or_default()
}
