//! Where in a label map a class is.

use mis_core::LabelMap;
use rayon::prelude::*;

use crate::metrics::bit_mask::Bounds;
use crate::metrics::counts::ClassPlanes;

/// The smallest box that holds all voxels of a class; none where there are none. Looked at are only the planes that may
/// hold it.
pub(crate) fn bounds(labels: &LabelMap, class: u8, planes: Option<&ClassPlanes>) -> Option<Bounds> {
    let [_, n_j, n_k] = labels.shape();
    let of_plane = |(i, plane): (usize, &[u8])| -> Option<Bounds> {
        if planes.is_some_and(|planes| !planes.may_hold(i, class)) {
            return None;
        }
        let (mut js, mut ks) = (n_j..0, n_k..0);
        for (j, row) in plane.chunks_exact(n_k).enumerate().filter(|(_, row)| holds(row, class)) {
            js = js.start.min(j)..j + 1;
            // Only what would make the range longer.
            ks.start = row[..ks.start].iter().position(|&label| label == class).unwrap_or(ks.start);
            let last = row[ks.end..].iter().rposition(|&label| label == class);
            ks.end = last.map_or(ks.end, |last| ks.end + last + 1);
        }
        (!js.is_empty()).then(|| [i..i + 1, js, ks])
    };
    labels.as_slice().par_chunks_exact(n_j * n_k).enumerate().filter_map(of_plane).reduce_with(joined)
}

/// The smallest box that holds both.
pub(crate) fn joined(a: Bounds, b: Bounds) -> Bounds {
    std::array::from_fn(|axis| a[axis].start.min(b[axis].start)..a[axis].end.max(b[axis].end))
}

/// Without an early end: one that the compiler makes vectors of.
fn holds(row: &[u8], class: u8) -> bool {
    row.iter().fold(0, |found, &label| found | u8::from(label == class)) != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_maps::random;

    #[test]
    fn the_box_is_that_of_a_look_at_all_voxels() {
        for seed in 0..40 {
            let labels = random([3, 5, 20], 12, seed);
            let voxels = labels.data();
            let places = voxels.indexed_iter().filter(|(_, label)| **label == 7).map(|(at, _)| at);
            let boxes = places.map(|(i, j, k)| [i..i + 1, j..j + 1, k..k + 1]);
            assert_eq!(bounds(&labels, 7, None), boxes.reduce(joined), "seed {seed}");
        }
    }
}
