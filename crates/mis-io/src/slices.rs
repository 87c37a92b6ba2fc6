//! Volumes slice by slice, for 2-D networks, and their predictions put together again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};
use mis_core::{
    Affine, ClassTable, DataSource, Geometry, LabelMap, PredictionSink, Sample, SampleFiles, SampleId, Volume,
};
use ndarray::{Array3, Axis};
use serde::{Deserialize, Serialize};

use crate::Source;

/// Every slice of another data set's scans as a case of its own: `case_00042#017` is slice 17 of `case_00042`.
///
/// A slice has `k == 1`; its i and j are the two other axes in their order, and its affine is that of the slice in the
/// scan. Slices of one patient resemble each other: split into folds by scans (the part of the name before `#`).
///
/// ```toml
/// slices = { of = { nnunet = "Dataset004_Hippocampus" }, axis = 2 }
/// ```
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slices {
    /// The scans.
    pub of: Box<Source>,
    /// The axis to cut across: 0, 1 or 2 for i, j and k.
    #[serde(default = "k")]
    pub axis: usize,
    #[serde(skip)]
    last: Mutex<Last>,
}

/// What was read last: its next slice is mostly the next one wanted.
#[derive(Debug, Default)]
struct Last {
    sample: Option<Arc<Sample>>,
    /// A scan without a look at its labels.
    image: Option<(SampleId, Arc<Volume>)>,
}

fn k() -> usize {
    2
}

impl Clone for Slices {
    fn clone(&self) -> Self {
        Self { of: self.of.clone(), axis: self.axis, last: Mutex::default() }
    }
}

impl Slices {
    /// The slices of a data set across an axis (0, 1 or 2 for i, j and k).
    pub fn of(source: impl Into<Source>, axis: usize) -> Result<Self> {
        let slices = Self { of: Box::new(source.into()), axis, last: Mutex::default() };
        slices.check()?;
        Ok(slices)
    }

    /// A sink for the slices' predictions that hands whole volumes on to another sink.
    #[must_use]
    pub fn sink(self: &Arc<Self>, volumes: Arc<dyn PredictionSink>) -> SliceSink {
        SliceSink { slices: Arc::clone(self), volumes, begun: Mutex::default() }
    }

    fn check(&self) -> Result<()> {
        ensure!(self.axis < 3, "expected the axis 0, 1 or 2 to cut across, found {}", self.axis);
        Ok(())
    }

    fn sample(&self, case: &SampleId) -> Result<Arc<Sample>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sample) = last.sample.clone().filter(|sample| sample.id == *case) {
            return Ok(sample);
        }
        let sample = self.of.load_shared(case)?;
        *last = Last { sample: Some(Arc::clone(&sample)), image: None };
        Ok(sample)
    }

    /// The lattice of a slice.
    fn lattice(&self, scan: &Geometry, at: usize) -> Result<Geometry> {
        ensure!(at < scan.shape[self.axis], "expected a slice below {}, found {at}", scan.shape[self.axis]);
        let [a, b] = rest(self.axis);
        let rows = scan.affine.rows();
        let mut first = [0.0; 3];
        first[self.axis] = at as f64;
        let origin = scan.affine.world(first);
        let mut cut = [[0.0; 4], [0.0; 4], [0.0; 4], [0.0, 0.0, 0.0, 1.0]];
        for row in 0..3 {
            cut[row] = [rows[row][a], rows[row][b], rows[row][self.axis], origin[row]];
        }
        Ok(Geometry { shape: [scan.shape[a], scan.shape[b], 1], affine: Affine::new(cut)? })
    }

    fn image(&self, image: &Volume, at: usize) -> Result<Volume> {
        let lattice = self.lattice(&image.geometry(), at)?;
        let cut = image.data().index_axis_move(Axis(self.axis + 1), at).insert_axis(Axis(3));
        Volume::new(cut.to_owned(), lattice.affine)
    }
}

/// The axes of a slice.
fn rest(axis: usize) -> [usize; 2] {
    [[1, 2], [0, 2], [0, 1]][axis]
}

fn name(case: &SampleId, at: usize, n: usize) -> SampleId {
    let width = n.saturating_sub(1).to_string().len().max(3);
    SampleId(format!("{case}#{at:0width$}"))
}

fn parse(id: &SampleId) -> Result<(SampleId, usize)> {
    let parts = id.0.rsplit_once('#').and_then(|(case, at)| Some((case.into(), at.parse().ok()?)));
    parts.with_context(|| format!("expected the name of a slice such as case#012, found {id}"))
}

impl DataSource for Slices {
    fn ids(&self) -> Result<Vec<SampleId>> {
        self.check()?;
        let mut ids = Vec::new();
        for case in self.of.ids()? {
            let n = self.of.geometry(&case).with_context(|| case.to_string())?.shape[self.axis];
            ids.extend((0..n).map(|at| name(&case, at, n)));
        }
        ids.sort();
        Ok(ids)
    }

    fn load(&self, id: &SampleId) -> Result<Sample> {
        self.check()?;
        let (case, at) = parse(id)?;
        let sample = self.sample(&case)?;
        let image = self.image(&sample.image, at)?;
        let labels = sample.labels.as_ref().map(|labels| {
            let cut = labels.data().index_axis_move(Axis(self.axis), at).insert_axis(Axis(2));
            LabelMap::new(cut.to_owned(), image.affine())
        });
        Ok(Sample { id: id.clone(), image, labels: labels.transpose()? })
    }

    fn load_image(&self, id: &SampleId) -> Result<Volume> {
        self.check()?;
        let (case, at) = parse(id)?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sample) = last.sample.clone().filter(|sample| sample.id == case) {
            drop(last);
            return self.image(&sample.image, at);
        }
        let image = match &last.image {
            Some((id, image)) if *id == case => Arc::clone(image),
            _ => Arc::new(self.of.load_image(&case)?),
        };
        last.image = Some((case, Arc::clone(&image)));
        drop(last);
        self.image(&image, at)
    }

    fn geometry(&self, id: &SampleId) -> Result<Geometry> {
        self.check()?;
        let (case, at) = parse(id)?;
        self.lattice(&self.of.geometry(&case)?, at)
    }

    /// Those of the scan.
    fn files(&self, id: &SampleId) -> Result<SampleFiles> {
        self.of.files(&parse(id)?.0)
    }

    fn set_classes(&mut self, classes: &ClassTable) {
        self.last = Mutex::default();
        self.of.set_classes(classes);
    }
}

/// Puts predictions of slices together and hands each scan's on when its last slice has come; see [`Slices::sink`].
#[derive(Debug)]
pub struct SliceSink {
    slices: Arc<Slices>,
    volumes: Arc<dyn PredictionSink>,
    begun: Mutex<BTreeMap<SampleId, Begun>>,
}

/// A volume that lacks slices.
#[derive(Debug)]
struct Begun {
    labels: Array3<u8>,
    affine: Affine,
    missing: Vec<bool>,
}

impl SliceSink {
    /// Scans some of whose slices have come and others not, with the numbers of those that lack.
    #[must_use]
    pub fn unfinished(&self) -> BTreeMap<SampleId, usize> {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let n_missing = |begun: &Begun| begun.missing.iter().filter(|&&missing| missing).count();
        begun.iter().map(|(case, begun)| (case.clone(), n_missing(begun))).collect()
    }
}

impl PredictionSink for SliceSink {
    fn write(&self, id: &SampleId, labels: &LabelMap) -> Result<()> {
        let (case, at) = parse(id)?;
        let axis = self.slices.axis;
        let mut all = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains_key(&case) {
            let Geometry { shape, affine } = self.slices.of.geometry(&case)?;
            let missing = vec![true; shape[axis]];
            all.insert(case.clone(), Begun { labels: Array3::zeros(shape), affine, missing });
        }
        let begun = all.get_mut(&case).context("it has just been made")?;
        ensure!(at < begun.missing.len(), "expected a slice below {}, found {at}", begun.missing.len());
        let mut place = begun.labels.index_axis_mut(Axis(axis), at);
        let slice = labels.data().index_axis_move(Axis(2), 0);
        ensure!(
            labels.shape()[2] == 1 && slice.dim() == place.dim(),
            "expected a slice of {:?} voxels, found {:?}",
            place.dim(),
            labels.shape()
        );
        place.assign(&slice);
        begun.missing[at] = false;
        if begun.missing.iter().any(|&missing| missing) {
            return Ok(());
        }
        let done = all.remove(&case).context("it has just been found")?;
        drop(all);
        self.volumes.write(&case, &LabelMap::new(done.labels, done.affine)?)
    }
}
