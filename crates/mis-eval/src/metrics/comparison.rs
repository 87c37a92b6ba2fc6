//! A prediction beside its truth.

use std::borrow::Cow;
use std::sync::OnceLock;

use anyhow::{Context as _, Result, ensure};
use mis_core::{IGNORE, LabelMap};

use crate::metrics::counts::{ClassPlanes, count_by_plane};
use crate::metrics::surface_distances::MaskPair;
use crate::{Counts, SurfaceAreas, SurfaceDistances};

/// A prediction beside its truth, with what their metrics share: the counts of each class, and the masks and surface
/// distances of a class, made when the first metric asks for them.
///
/// Voxels that the truth leaves open ([`IGNORE`]) are not counted, and background in both.
#[derive(Debug)]
pub struct Comparison<'a> {
    prediction: Cow<'a, LabelMap>,
    truth: Cow<'a, LabelMap>,
    counts: Vec<Counts>,
    /// Of the prediction and of the truth.
    planes: [ClassPlanes; 2],
    classes: Vec<Class>,
}

/// What is made of a class on demand; none where prediction or truth lacks it.
#[derive(Debug, Default)]
struct Class {
    masks: OnceLock<Option<MaskPair>>,
    distances: OnceLock<Option<SurfaceDistances>>,
    areas: OnceLock<Option<SurfaceAreas>>,
}

impl<'a> Comparison<'a> {
    /// Counts the voxels of `n_classes` classes, background included. Refused where the lattices differ, or where a
    /// label map holds a class beyond them.
    pub fn new(prediction: &'a LabelMap, truth: &'a LabelMap, n_classes: usize) -> Result<Self> {
        ensure!((1..=256).contains(&n_classes), "expected 1 to 256 classes, found {n_classes}");
        let same = truth.geometry().check_same(&prediction.geometry());
        same.context("the prediction does not lie on the truth's lattice")?;
        let (mut prediction, mut truth) = (Cow::Borrowed(prediction), Cow::Borrowed(truth));
        let (mut counts, mut in_prediction, mut in_truth) = count_by_plane(&prediction, &truth);
        let n_open = counts[usize::from(IGNORE)].n_truth();
        if n_open > 0 {
            let voxels = prediction.to_mut().as_slice_mut().iter_mut().zip(truth.to_mut().as_slice_mut());
            for (prediction, truth) in voxels.filter(|(_, truth)| **truth == IGNORE) {
                (*prediction, *truth) = (0, 0);
            }
            (counts, in_prediction, in_truth) = count_by_plane(&prediction, &truth);
            counts[0].true_positives -= n_open;
            counts[1..].iter_mut().for_each(|counts| counts.true_negatives -= n_open);
        }
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
        let classes = std::iter::repeat_with(Class::default).take(n_classes).collect();
        Ok(Self { prediction, truth, counts, planes: [in_prediction, in_truth], classes })
    }

    /// What is scored.
    #[must_use]
    pub fn prediction(&self) -> &LabelMap {
        &self.prediction
    }

    /// What it should be.
    #[must_use]
    pub fn truth(&self) -> &LabelMap {
        &self.truth
    }

    /// Voxel counts of each class, background first.
    #[must_use]
    pub fn counts(&self) -> &[Counts] {
        &self.counts
    }

    /// Distances between the edge voxels of a class; none where prediction or truth lacks it.
    ///
    /// # Panics
    /// Where the class is not one of the comparison's.
    #[must_use]
    pub fn distances(&self, class: u8) -> Option<&SurfaceDistances> {
        let made = || self.masks(class).map(SurfaceDistances::of);
        self.classes[class as usize].distances.get_or_init(made).as_ref()
    }

    /// Distances between the surfaces of a class with their areas; none where prediction or truth lacks it.
    ///
    /// # Panics
    /// Where the class is not one of the comparison's.
    #[must_use]
    pub fn areas(&self, class: u8) -> Option<&SurfaceAreas> {
        let made = || self.masks(class).map(SurfaceAreas::of);
        self.classes[class as usize].areas.get_or_init(made).as_ref()
    }

    /// The voxels of a class in both; none where prediction or truth lacks it.
    pub(crate) fn masks(&self, class: u8) -> Option<&MaskPair> {
        let made = || {
            let [in_prediction, in_truth] = &self.planes;
            MaskPair::of(&self.prediction, &self.truth, class, Some([in_prediction, in_truth]))
        };
        self.classes[class as usize].masks.get_or_init(made).as_ref()
    }
}
