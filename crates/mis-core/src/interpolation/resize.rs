//! Resizing grey values.

use rayon::prelude::*;

use super::axis::nearest;
use super::{LinearResize, Order, resize_cubic::resize_cubic};
use crate::{PatchLocation, zeros};

/// Resizes one channel of shape `from` to shape `to`, borders on borders, values beyond the border as at the border.
///
/// There is no smoothing before making a lattice coarser. `Order::Cubic` equals `scipy.ndimage.zoom(order=3,
/// mode="nearest", grid_mode=True)` and may overshoot the input's range. An axis whose extent stays keeps its values
/// exactly.
///
/// # Panics
/// Where a slice has not the length of its shape, or a shape is empty.
pub fn resize(source: &[f32], from: [usize; 3], out: &mut [f32], to: [usize; 3], order: Order) {
    check_shape(source.len(), from);
    check_shape(out.len(), to);
    if from == to {
        out.copy_from_slice(source);
        return;
    }
    match order {
        Order::Nearest => resize_nearest(source, from, out, to),
        Order::Linear => linear(source, out, LinearResize { from, to, nearest_along: None }),
        Order::Cubic => resize_cubic(source, from, out, to),
    }
}

/// Resizes one channel slice by slice: within the slices across `axis` by `order`, along the axis by the nearest slice,
/// as nnU-Net resamples scans of thick slices. Otherwise as [`resize`].
///
/// # Panics
/// Where a slice has not the length of its shape, or a shape is empty.
pub fn resize_slices(
    source: &[f32],
    from: [usize; 3],
    out: &mut [f32],
    to: [usize; 3],
    order: Order,
    axis: usize,
) {
    if order == Order::Linear {
        linear(source, out, LinearResize { from, to, nearest_along: Some(axis) });
        return;
    }
    // Slices are resized where there are fewer of them: before some are repeated, after some are left out.
    let mut between = to;
    between[axis] = from[axis];
    if between[axis] <= to[axis] {
        let mut slices = zeros(between.iter().product());
        resize(source, from, &mut slices, between, order);
        resize(&slices, between, out, to, Order::Nearest);
    } else {
        between = from;
        between[axis] = to[axis];
        let mut slices = zeros(between.iter().product());
        resize(source, from, &mut slices, between, Order::Nearest);
        resize(&slices, between, out, to, order);
    }
}

fn linear(source: &[f32], out: &mut [f32], resize: LinearResize) {
    resize.make(source, &PatchLocation::whole(resize.from), out, &PatchLocation::whole(resize.to));
}

/// The nearest voxel's value, of grey values and labels alike.
pub(super) fn resize_nearest<T: Copy + Send + Sync>(
    source: &[T],
    from: [usize; 3],
    out: &mut [T],
    to: [usize; 3],
) {
    let [at_i, at_j, at_k]: [Vec<usize>; 3] = std::array::from_fn(|axis| nearest(from[axis], to[axis]));
    out.par_chunks_exact_mut(to[1] * to[2]).zip(&at_i).for_each(|(plane, &i)| {
        for (row, &j) in plane.chunks_exact_mut(to[2]).zip(&at_j) {
            let source = &source[(i * from[1] + j) * from[2]..][..from[2]];
            for (value, &k) in row.iter_mut().zip(&at_k) {
                *value = source[k];
            }
        }
    });
}

#[track_caller]
pub(super) fn check_shape(len: usize, shape: [usize; 3]) {
    assert!(len > 0 && len == shape.iter().product(), "{len} values do not make shape {shape:?}");
}
