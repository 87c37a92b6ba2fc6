//! What augmentation makes of the training patches.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use mis_augment::Cycles;
use mis_core::{BatchPlace, DataSource as _, PatchSampler as _, sample_rng};
use mis_eval::write_patch_sheet;
use mis_patch::{CaseOrder, EpochPlan};

use crate::{Experiment, Prepared};

/// Writes a contact sheet (PNG) of the first `n` training patches of an experiment on all of its cases, row by row, and
/// says of each which case it is of and what was drawn. Nothing is trained.
pub fn render_augmented(experiment: &Experiment, n: usize, out: &Path) -> Result<Vec<String>> {
    experiment.check()?;
    ensure!(n > 0, "a contact sheet must show a patch, got 0");
    let source = experiment.source()?;
    let ids = experiment.cases.select(source.ids()?);
    ensure!(!ids.is_empty(), "the data set is empty: it has no case to show");
    let plan = EpochPlan { seed: experiment.seed, epoch: 0, n_cases: ids.len(), order: CaseOrder::Shuffled };
    // Usually a patch for each visit: these are kept in memory.
    let mut used: Vec<_> = plan.cases().take(n.min(ids.len())).map(|case| ids[case].clone()).collect();
    used.sort();
    let classes = experiment.class_table()?;
    let prepared = Prepared::new(source, experiment.preprocess.clone(), &used, &classes, None)?;
    let sampler = Cycles { n: experiment.augment.n_cycles(), sampler: experiment.patches.sampler() };
    let sequence = experiment.augment.sequence();

    let (mut patches, mut told, mut n_idle) = (Vec::new(), Vec::new(), 0);
    for (visit, case) in plan.cases().enumerate() {
        let id = &ids[case];
        let sample = prepared.load(id).with_context(|| id.to_string())?;
        let mut rng = sample_rng(experiment.seed, 0, visit as u64);
        let place = BatchPlace { idx: visit % experiment.train.batch_size, of: experiment.train.batch_size };
        let locations = sampler.locations_at(&sample, place, &mut rng);
        n_idle = if locations.is_empty() { n_idle + 1 } else { 0 };
        if n_idle > ids.len() {
            bail!("none of the {} cases has a patch to train on: all are blank", ids.len());
        }
        for at in locations.into_iter().take(n - patches.len()) {
            let (patch, lines) = sequence.apply_at_telling(&sample, &at, &mut rng);
            let drawn = if lines.is_empty() { "as it is".to_owned() } else { lines.join("; ") };
            told.push(format!("{} {id} at {:?}: {drawn}", patches.len() + 1, at.start));
            patches.push(patch);
        }
        if patches.len() == n {
            break;
        }
    }
    write_patch_sheet(out, &patches, n.isqrt())?;
    Ok(told)
}
