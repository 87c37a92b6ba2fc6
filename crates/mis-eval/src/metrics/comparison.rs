//! A prediction beside its truth.

use std::sync::OnceLock;

use anyhow::{Context as _, Result, ensure};
use mis_core::LabelMap;

use crate::{Counts, SurfaceDistances, count};

/// A prediction beside its truth, with what their metrics share: the counts of each class, and surface distances, made
/// when the first metric asks for them.
#[derive(Debug)]
pub struct Comparison<'a> {
    prediction: &'a LabelMap,
    truth: &'a LabelMap,
    counts: Vec<Counts>,
    distances: Vec<OnceLock<Option<SurfaceDistances>>>,
}

impl<'a> Comparison<'a> {
    /// Counts the voxels of `n_classes` classes, background included. Refused where the lattices differ, or where a
    /// label map holds a class beyond them.
    pub fn new(prediction: &'a LabelMap, truth: &'a LabelMap, n_classes: usize) -> Result<Self> {
        ensure!((1..=256).contains(&n_classes), "expected 1 to 256 classes, found {n_classes}");
        let same = truth.geometry().check_same(&prediction.geometry());
        same.context("the prediction does not lie on the truth's lattice")?;
        let mut counts = count(prediction, truth);
        for (class, beyond) in counts.iter().enumerate().skip(n_classes) {
            for (whose, n) in [("prediction", beyond.n_prediction()), ("truth", beyond.n_truth())] {
                let last = n_classes - 1;
                ensure!(
                    n == 0,
                    "expected the classes 0 to {last}, found {class} in the {whose} ({n} voxels)"
                );
            }
        }
        counts.truncate(n_classes);
        let distances = std::iter::repeat_with(OnceLock::new).take(n_classes).collect();
        Ok(Self { prediction, truth, counts, distances })
    }

    /// What is scored.
    #[must_use]
    pub fn prediction(&self) -> &'a LabelMap {
        self.prediction
    }

    /// What it should be.
    #[must_use]
    pub fn truth(&self) -> &'a LabelMap {
        self.truth
    }

    /// Voxel counts of each class, background first.
    #[must_use]
    pub fn counts(&self) -> &[Counts] {
        &self.counts
    }

    /// Distances between the surfaces of a class; none where prediction or truth lacks it.
    ///
    /// # Panics
    /// Where the class is not one of the comparison's.
    #[must_use]
    pub fn distances(&self, class: u8) -> Option<&SurfaceDistances> {
        let made = || SurfaceDistances::between(self.prediction, self.truth, class);
        self.distances[class as usize].get_or_init(made).as_ref()
    }
}
