//! Cases as the network sees them.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use indicatif::{ParallelProgressIterator as _, ProgressBar, ProgressStyle};
use mis_core::{DataSource, Sample, SampleId};
use mis_preproc::{Step, apply_all};
use rayon::prelude::*;

/// A data set after preprocessing. Prepared samples are kept in memory up to a budget; what is over it is read and
/// prepared again at each visit.
#[derive(Debug)]
pub struct Prepared {
    source: Arc<dyn DataSource>,
    steps: Vec<Step>,
    kept: BTreeMap<SampleId, Arc<Sample>>,
}

/// Prepared samples kept in memory, in bytes: what leaves room for the network on a machine of 16 GiB.
const MEMORY_BUDGET: usize = 8 << 30;

impl Prepared {
    /// Reads and prepares each case once. Every case is looked at, and all that is wrong is told together, before
    /// anything is trained: missing files, lattices that differ, label values without a class, labels beyond
    /// `n_classes`, steps that fail.
    pub fn new(
        source: Arc<dyn DataSource>,
        steps: Vec<Step>,
        ids: &[SampleId],
        n_classes: usize,
    ) -> Result<Self> {
        let empty = Self { source, steps, kept: BTreeMap::new() };
        let style = ProgressStyle::with_template("reading {pos}/{len} {bar:30} {elapsed} gone, {eta} left")?;
        let bar = ProgressBar::new(ids.len() as u64).with_style(style);
        let look = |id: &SampleId| -> Result<Sample> {
            let sample = empty.load(id)?;
            let labels = sample.labels.as_ref().with_context(|| format!("{id} has no labels to train on"))?;
            let largest = labels.as_slice().iter().copied().max().unwrap_or(0);
            if usize::from(largest) >= n_classes {
                bail!("{id}: expected class indices below the {n_classes} classes, found {largest}");
            }
            Ok(sample)
        };
        // In portions, so that what is over the budget is let go before more is read.
        let (mut kept, mut bytes, mut problems) = (BTreeMap::new(), 0, Vec::new());
        for portion in ids.chunks(4 * rayon::current_num_threads()) {
            let samples: Vec<_> = portion.par_iter().progress_with(bar.clone()).map(look).collect();
            for (id, sample) in portion.iter().zip(samples) {
                match sample {
                    Ok(sample) => {
                        bytes += size_of_val(sample.image.as_slice()) + sample.image.geometry().n_voxels();
                        if bytes <= MEMORY_BUDGET {
                            kept.insert(id.clone(), Arc::new(sample));
                        }
                    }
                    Err(problem) => problems.push(format!("{problem:#}")),
                }
            }
        }
        bar.finish_and_clear();
        match problems.as_slice() {
            [] => Ok(Self { kept, ..empty }),
            [problem] => bail!("{problem}"),
            _ => bail!("{} of {} cases cannot be used:\n{}", problems.len(), ids.len(), problems.join("\n")),
        }
    }
}

impl DataSource for Prepared {
    fn ids(&self) -> Result<Vec<SampleId>> {
        self.source.ids()
    }

    fn load(&self, id: &SampleId) -> Result<Sample> {
        match self.kept.get(id) {
            Some(sample) => Ok(sample.as_ref().clone()),
            None => {
                let sample = self.source.load(id)?;
                Ok(apply_all(&self.steps, sample).with_context(|| id.to_string())?.0)
            }
        }
    }

    fn load_shared(&self, id: &SampleId) -> Result<Arc<Sample>> {
        match self.kept.get(id) {
            Some(sample) => Ok(sample.clone()),
            None => self.load(id).map(Arc::new),
        }
    }
}
