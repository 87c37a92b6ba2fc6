//! Samples that are in memory already.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use mis_core::{DataSource, Geometry, Sample, SampleId, Volume};

/// A data set of samples made in the program: synthetic data, or scans of a format of one's own.
///
/// Labels are class indices already. Collected from samples; of two with one name the later one stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InMemory {
    /// The samples by name.
    pub samples: BTreeMap<SampleId, Arc<Sample>>,
}

impl FromIterator<Sample> for InMemory {
    fn from_iter<I: IntoIterator<Item = Sample>>(samples: I) -> Self {
        Self { samples: samples.into_iter().map(|sample| (sample.id.clone(), Arc::new(sample))).collect() }
    }
}

impl DataSource for InMemory {
    fn ids(&self) -> Result<Vec<SampleId>> {
        Ok(self.samples.keys().cloned().collect())
    }

    fn load(&self, id: &SampleId) -> Result<Sample> {
        Ok(Sample::clone(&*self.load_shared(id)?))
    }

    fn load_shared(&self, id: &SampleId) -> Result<Arc<Sample>> {
        let sample = self.sample(id)?;
        sample.check_geometry().context("image and labels do not lie on one lattice")?;
        Ok(Arc::clone(sample))
    }

    fn load_image(&self, id: &SampleId) -> Result<Volume> {
        Ok(self.sample(id)?.image.clone())
    }

    fn geometry(&self, id: &SampleId) -> Result<Geometry> {
        Ok(self.sample(id)?.image.geometry())
    }
}

impl InMemory {
    fn sample(&self, id: &SampleId) -> Result<&Arc<Sample>> {
        self.samples.get(id).with_context(|| format!("expected a sample named {id}, found none"))
    }
}
