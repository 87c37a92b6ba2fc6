//! What is in a data set, before there is an experiment on it.

use std::path::Path;

use anyhow::Result;
use mis_core::{ClassTable, DataSource as _};
use mis_io::Source;
use mis_io::inspection::{Inspection, inspect};

use crate::progress::Progress;

/// Reads every case of a folder once, in nnU-Net's layout or in case folders, on `n_threads` threads (0: one per core),
/// and says what is there and what is wrong. Classes are those named, else the data set's own, else raw label values.
pub fn inspect_folder(data: &Path, classes: Option<&ClassTable>, n_threads: usize) -> Result<Inspection> {
    let source = Source::in_folder(data)?;
    let classes = match classes {
        Some(classes) => Some(classes.clone()),
        None => source.class_table()?,
    };
    let ids = source.ids()?;
    let progress = Progress::over(ids.len(), "reading");
    inspect(&source, &ids, classes.as_ref(), n_threads, &|id| progress.step(&id.0))
}
