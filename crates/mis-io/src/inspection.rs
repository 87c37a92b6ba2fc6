//! What is in a data set, and what is wrong with it, in one pass over all cases.

mod case;
mod intensities;
mod problem;
mod table;
mod whole;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use mis_core::{ClassTable, DataSource as _, SampleId};
use serde::Serialize;

pub use case::{CaseReport, ChannelReport};
pub use intensities::{Intensities, PERCENTILES};
pub use problem::{Problem, ProblemKind};

use crate::Source;

/// What a pass over a data set found: every case's lattice, grey values and classes, those of all together, and every
/// problem with its file and its mend.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Inspection {
    /// Names of the classes, background first; empty where labels were not looked at by a table.
    pub classes: Vec<String>,
    /// The cases that could be read, sorted.
    pub cases: Vec<CaseReport>,
    /// Grey values of all cases together, by channel, as far as all cases have it.
    pub intensities: Vec<Intensities>,
    /// Grey values of each class in all cases together, by class and channel; none where no voxel is of the class.
    pub class_intensities: Vec<Vec<Option<Intensities>>>,
    /// Voxels of each class in all cases together.
    pub class_voxels: Vec<u64>,
    /// All that is wrong, by case and then of the data set as a whole.
    pub problems: Vec<Problem>,
}

/// Reads these cases of a data set once each, on `n_threads` threads (0: one per core), and says what is there and what
/// is wrong. What cannot be read is a problem, not an error: an error is only a folder that cannot be listed.
///
/// Memory: one case per thread, and for each case a fixed number of values for the percentiles. The result is the same
/// for any number of threads. The classes are those of the table, else raw label values. `looked_at` is told of each case
/// when it is done.
pub fn inspect(
    source: &Source,
    ids: &[SampleId],
    classes: Option<&ClassTable>,
    n_threads: usize,
    looked_at: &(dyn Fn(&SampleId) + Sync),
) -> Result<Inspection> {
    let mut source = source.clone();
    if let Some(classes) = classes {
        source.set_classes(classes);
    }
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let n_threads = if n_threads == 0 { cores } else { n_threads }.clamp(1, ids.len().max(1));
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(ids.len()));
    // Threads of their own: a thread of rayon's that waits within one case would begin another, and hold both.
    std::thread::scope(|scope| {
        for _ in 0..n_threads {
            scope.spawn(|| {
                while let Some(id) = ids.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = case::look_at(&source, id, classes);
                    looked_at(id);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((id.clone(), found));
                }
            });
        }
    });
    let mut found: Vec<(SampleId, case::Found)> = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let strays = source.strays()?;
    Ok(whole::put_together(found, classes, &strays))
}
