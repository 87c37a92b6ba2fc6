//! The vote of the voxels around a place.

use std::ops::AddAssign;

/// The label with the largest share; the higher label wins a tie.
pub(super) fn majority<S: Copy + PartialOrd + AddAssign>(labels: [u8; 8], shares: [S; 8]) -> u8 {
    let mut winner: Option<(S, u8)> = None;
    for (n, &label) in labels.iter().enumerate() {
        if labels[..n].contains(&label) {
            continue;
        }
        let mut sum = shares[n];
        for other in n + 1..8 {
            if labels[other] == label {
                sum += shares[other];
            }
        }
        if winner.is_none_or(|(most, of)| sum > most || (sum == most && label > of)) {
            winner = Some((sum, label));
        }
    }
    winner.map_or(0, |(_, label)| label)
}
