//! Whether two trainings are of one experiment.

use std::path::Path;

use anyhow::{Result, bail};

/// Says in which lines the experiment that `path` belongs to differs from ours.
pub fn check_same_experiment(path: &Path, theirs: &str, ours: &str) -> Result<()> {
    if theirs == ours {
        return Ok(());
    }
    let (theirs, ours): (Vec<_>, Vec<_>) = (theirs.lines().collect(), ours.lines().collect());
    let only = |of: &[&str], other: &[&str]| {
        let lines = of.iter().filter(|line| !other.contains(line)).map(|line| line.trim());
        lines.collect::<Vec<_>>().join("; ")
    };
    bail!(
        "{} belongs to another experiment: it has [{}], this one has [{}]",
        path.display(),
        only(&theirs, &ours),
        only(&ours, &theirs)
    );
}
