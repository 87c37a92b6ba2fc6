//! Resizing class indices.

use rayon::prelude::*;

use super::LabelOrder;
use super::axis::{Between, between, upon};
use super::majority::majority;
use super::resize::{check_shape, resize_nearest};

/// Resizes class indices of shape `from` to shape `to`, borders on borders. No one-hot volume is made: where the 8
/// voxels around agree, as nearly everywhere, that is the class, and elsewhere they vote with exact whole-number shares.
///
/// # Panics
/// Where a slice has not the length of its shape, or a shape is empty.
pub fn resize_labels(source: &[u8], from: [usize; 3], out: &mut [u8], to: [usize; 3], order: LabelOrder) {
    check_shape(source.len(), from);
    check_shape(out.len(), to);
    if from == to {
        out.copy_from_slice(source);
        return;
    }
    match order {
        LabelOrder::Nearest => resize_nearest(source, from, out, to),
        LabelOrder::OneHotLinear => one_hot(source, from, out, to, None),
    }
}

/// Resizes class indices slice by slice: within the slices across `axis` by `order`, along the axis by the nearest
/// slice. Otherwise as [`resize_labels`].
///
/// # Panics
/// Where a slice has not the length of its shape, or a shape is empty.
pub fn resize_label_slices(
    source: &[u8],
    from: [usize; 3],
    out: &mut [u8],
    to: [usize; 3],
    order: LabelOrder,
    axis: usize,
) {
    check_shape(source.len(), from);
    check_shape(out.len(), to);
    match order {
        LabelOrder::Nearest => resize_nearest(source, from, out, to),
        LabelOrder::OneHotLinear => one_hot(source, from, out, to, Some(axis)),
    }
}

fn one_hot(source: &[u8], from: [usize; 3], out: &mut [u8], to: [usize; 3], nearest_along: Option<usize>) {
    let [at_i, at_j, at_k]: [Vec<Between>; 3] = std::array::from_fn(|axis| {
        if nearest_along == Some(axis) { upon(from[axis], to[axis]) } else { between(from[axis], to[axis]) }
    });
    let width = from[2];
    let row = |i: usize, j: usize| &source[(i * from[1] + j) * width..][..width];
    let planes = out.par_chunks_exact_mut(to[1] * to[2]).zip(&at_i);
    planes.for_each_init(
        || vec![0_u8; width],
        |mixed, (plane, i)| {
            for (out, j) in plane.chunks_exact_mut(to[2]).zip(&at_j) {
                let (a, b) = (row(i.lower, j.lower), row(i.lower, j.upper));
                let (c, d) = (row(i.upper, j.lower), row(i.upper, j.upper));
                for k in 0..width {
                    mixed[k] = (a[k] ^ b[k]) | (a[k] ^ c[k]) | (a[k] ^ d[k]);
                }
                for (label, k) in out.iter_mut().zip(&at_k) {
                    let (l, u) = (k.lower, k.upper);
                    *label = if mixed[l] | mixed[u] | (a[l] ^ a[u]) == 0 {
                        a[l]
                    } else {
                        let shares = std::array::from_fn(|corner| {
                            i.shares[corner >> 2] * j.shares[corner >> 1 & 1] * k.shares[corner & 1]
                        });
                        majority([a[l], a[u], b[l], b[u], c[l], c[u], d[l], d[u]], shares)
                    };
                }
            }
        },
    );
}
