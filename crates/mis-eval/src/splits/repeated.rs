//! Splits drawn anew.

use anyhow::{Result, ensure};

use crate::Split;

/// A scheme drawn `times` times, the first with `seed`, each next one with the seed that follows; the folds stand one
/// after the other. The spread over repeats says how much of a score is the luck of the split.
///
/// ```
/// # use mis_core::SampleId;
/// # use mis_eval::{k_fold, repeated};
/// let ids: Vec<SampleId> = ["a", "b", "c", "d"].map(SampleId::from).into();
/// let splits = repeated(3, 42, |seed| k_fold(&ids, 2, seed))?;
/// assert_eq!(splits.len(), 6);
/// assert_eq!(splits[2..4], k_fold(&ids, 2, 43)?);
/// # Ok::<(), anyhow::Error>(())
/// ```
pub fn repeated(times: usize, seed: u64, draw: impl Fn(u64) -> Result<Vec<Split>>) -> Result<Vec<Split>> {
    ensure!(times > 0, "expected 1 repeat or more, got 0");
    let mut splits = Vec::new();
    for repeat in 0..times {
        splits.extend(draw(seed.wrapping_add(repeat as u64))?);
    }
    Ok(splits)
}
