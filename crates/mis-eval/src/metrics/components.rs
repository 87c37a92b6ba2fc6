//! The connected parts of a mask of bits.

use mis_core::{Components, Connectivity, Run};

use crate::metrics::bit_mask::{BitMask, places};

/// The connected components of a mask.
pub(crate) fn components(mask: &BitMask, connectivity: Connectivity) -> Components {
    let [n_i, n_j, _] = mask.shape();
    let mut runs: Vec<Run> = Vec::new();
    for row in 0..n_i * n_j {
        for k in places(mask.row(row / n_j, row % n_j)) {
            match runs.last_mut() {
                Some(run) if run.row == row && run.end == k => run.end += 1,
                _ => runs.push(Run { row, first: k, end: k + 1 }),
            }
        }
    }
    Components::of(runs, [n_i, n_j], connectivity)
}
