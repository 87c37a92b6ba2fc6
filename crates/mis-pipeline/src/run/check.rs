//! All that is wrong with an experiment, before it is carried out.

use std::fmt;

use anyhow::Result;
use mis_core::DataSource as _;
use mis_io::inspection::{Inspection, Problem, inspect};

use super::chosen_folds::ChosenFolds;
use super::run::check_network;
use crate::Experiment;
use crate::progress::Progress;

/// What a look at an experiment and all its data found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Checked {
    /// What is wrong with the settings.
    pub settings: Vec<String>,
    /// What the cases hold, and what is wrong with them.
    pub inspection: Inspection,
}

impl Checked {
    /// Whether a run would be refused, or learn from what is not there.
    #[must_use]
    pub fn stops_training(&self) -> bool {
        !self.settings.is_empty()
            || self.inspection.problems.iter().any(|problem| problem.kind.stops_training())
    }
}

impl fmt::Display for Checked {
    /// A line for each problem, those that stop a training first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (errors, notes): (Vec<&Problem>, Vec<_>) =
            self.inspection.problems.iter().partition(|problem| problem.kind.stops_training());
        self.settings.iter().try_for_each(|problem| writeln!(f, "error: {problem}"))?;
        errors.iter().try_for_each(|problem| writeln!(f, "error: {problem}"))?;
        notes.iter().try_for_each(|problem| writeln!(f, "note: {problem}"))?;
        writeln!(
            f,
            "{} cases read: {} problems that stop a training, {} more to know of",
            self.inspection.cases.len(),
            self.settings.len() + errors.len(),
            notes.len()
        )
    }
}

/// Looks at an experiment's settings, and reads each of its cases once, on `n_threads` threads (0: one per core), without
/// training or writing anything: files that are missing or broken, lattices that differ, label values without a class,
/// values that are no numbers, a patch that the network cannot take, splits that do not fit the cases.
///
/// An error is only what hides all the rest: a data set whose cases cannot be listed, or that has none.
pub fn check(experiment: &Experiment, n_threads: usize) -> Result<Checked> {
    let classes = experiment.class_table()?;
    let ids = experiment.cases.select(experiment.data.ids()?);
    let progress = Progress::over(ids.len(), "reading");
    let inspection = inspect(&experiment.data, &ids, Some(&classes), n_threads, &|id| progress.step(&id.0))?;
    drop(progress);
    let mut settings = Vec::new();
    let mut note = |result: Result<()>| settings.extend(result.err().map(|error| format!("{error:#}")));
    note(experiment.check());
    note(ChosenFolds::all(experiment, &ids).map(drop));
    if let Some(first) = inspection.cases.first() {
        note(check_network(experiment, &classes, first.channels.len()).map(drop));
    }
    Ok(Checked { settings, inspection })
}
