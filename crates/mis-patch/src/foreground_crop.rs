//! Training patches at random places, some of them on the foreground.

use anyhow::{Result, ensure};
use mis_core::{BatchPlace, PatchLocation, PatchSampler, Sample, SampleRng};
use rand::Rng as _;
use rand::distr::{Distribution as _, weighted::WeightedIndex};
use serde::{Deserialize, Serialize};

use crate::per_case::PerCase;
use crate::{ClassIndex, RandomCrop};

/// How many patches are centered on a voxel of the foreground, and of which class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Foreground {
    /// The share of each batch, 0 to 1: of a batch of `n` patches those from place `round(n·(1 − share))` on, halves to
    /// the even one, so that 0.33 is one of two (nnU-Net's rule).
    pub share: f64,
    /// How often each class is drawn, background first, against the others that the case has; without weights all
    /// foreground classes alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_weights: Option<Vec<f64>>,
}

impl Foreground {
    /// Says which value cannot be.
    pub fn check(&self) -> Result<()> {
        ensure!(
            (0.0..=1.0).contains(&self.share),
            "patches: share of foreground must be 0 to 1, got {}",
            self.share
        );
        if let Some(weights) = &self.class_weights {
            let fits = weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0);
            ensure!(
                fits && weights.iter().any(|&weight| weight > 0.0),
                "patches: class-weights must be 0 or more and one of them positive, got {weights:?}"
            );
        }
        Ok(())
    }

    /// Says that there are not as many weights as classes.
    pub fn check_classes(&self, n_classes: usize) -> Result<()> {
        if let Some(weights) = &self.class_weights {
            ensure!(
                weights.len() == n_classes,
                "patches: expected one of class-weights for each of the {n_classes} classes, background first, \
                 found {}",
                weights.len()
            );
        }
        Ok(())
    }

    fn weight(&self, class: u8) -> f64 {
        match &self.class_weights {
            Some(weights) => weights.get(usize::from(class)).copied().unwrap_or(0.0),
            None => f64::from(u8::from(class != 0)),
        }
    }

    fn is_due(&self, place: BatchPlace) -> bool {
        place.idx as f64 >= (place.of as f64 * (1.0 - self.share)).round_ties_even()
    }
}

/// One patch per visit: at a random place, or centered on a random voxel of a random class of the case, and as far
/// shifted as it takes to lie inside the scan. A case that has none of the classes gives a random place.
///
/// Where the classes lie is found out at a case's first visit and kept by its name: a sampler serves one data set.
#[derive(Debug)]
pub struct ForegroundCrop {
    crop: RandomCrop,
    foreground: Foreground,
    index: PerCase<ClassIndex>,
}

impl ForegroundCrop {
    /// Patches of this size.
    #[must_use]
    pub fn new(patch_size: [usize; 3], foreground: Foreground) -> Self {
        Self { crop: RandomCrop { patch_size }, foreground, index: PerCase::default() }
    }

    fn draw(&self, sample: &Sample, is_due: bool, rng: &mut SampleRng) -> PatchLocation {
        let on_foreground = if is_due { self.on_foreground(sample, rng) } else { None };
        on_foreground.unwrap_or_else(|| self.crop.draw(sample.image.shape(), rng))
    }

    fn on_foreground(&self, sample: &Sample, rng: &mut SampleRng) -> Option<PatchLocation> {
        let labels = sample.labels.as_ref()?;
        let index = self.index.get(&sample.id, || ClassIndex::of(labels));
        let classes: Vec<u8> = index.classes().filter(|&class| self.foreground.weight(class) > 0.0).collect();
        let weights = classes.iter().map(|&class| self.foreground.weight(class));
        let class = classes[WeightedIndex::new(weights).ok()?.sample(rng)]; // an error where there is no class
        let voxel = index.voxel(class, rng.random_range(0..index.n_voxels(class)));
        let mut at = self.crop.draw(sample.image.shape(), rng);
        for axis in 0..3 {
            let (extent, size) = (sample.image.shape()[axis], at.shape[axis]);
            if extent > size {
                let start = voxel[axis] as isize - (size / 2) as isize;
                at.start[axis] = start.clamp(0, (extent - size) as isize);
            }
        }
        Some(at)
    }
}

impl PatchSampler for ForegroundCrop {
    /// Foreground with the probability of its share.
    fn locations(&self, sample: &Sample, rng: &mut SampleRng) -> Vec<PatchLocation> {
        let is_due = rng.random_bool(self.foreground.share);
        vec![self.draw(sample, is_due, rng)]
    }

    fn locations_at(&self, sample: &Sample, place: BatchPlace, rng: &mut SampleRng) -> Vec<PatchLocation> {
        vec![self.draw(sample, self.foreground.is_due(place), rng)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::ndarray::{Array3, Array4};
    use mis_core::{Affine, LabelMap, Volume, sample_rng};

    fn sample(foreground: &[([usize; 3], u8)]) -> Sample {
        let affine = Affine::from_spacing([1.0; 3]);
        let mut labels = Array3::zeros([20, 20, 20]);
        for &(voxel, class) in foreground {
            labels[voxel] = class;
        }
        let image = Volume::new(Array4::zeros((1, 20, 20, 20)), affine).unwrap();
        Sample { id: "scan".into(), image, labels: Some(LabelMap::new(labels, affine).unwrap()) }
    }

    fn due(share: f64, n: usize) -> usize {
        let foreground = Foreground { share, class_weights: None };
        (0..n).filter(|&idx| foreground.is_due(BatchPlace { idx, of: n })).count()
    }

    #[test]
    fn a_third_of_two_is_one_as_nnunet_rounds() {
        assert_eq!([1, 2, 3, 4, 9, 12].map(|n| due(0.33, n)), [0, 1, 1, 1, 3, 4]);
        assert_eq!([due(0.0, 4), due(1.0, 4)], [0, 4]);
    }

    #[test]
    fn a_due_patch_is_centered_on_foreground_and_stays_inside() {
        let case = sample(&[([9, 9, 9], 1), ([19, 0, 10], 2)]);
        let crop = ForegroundCrop::new([8, 8, 8], Foreground { share: 1.0, class_weights: None });
        let mut seen = [0_u32; 2];
        for index in 0..1000 {
            let at = crop.locations_at(&case, BatchPlace { idx: 0, of: 1 }, &mut sample_rng(1, 0, index))[0];
            match at.start {
                [5, 5, 5] => seen[0] += 1,
                [12, 0, 6] => seen[1] += 1,
                other => panic!("{other:?} is centered on no foreground"),
            }
        }
        assert!(seen[0].abs_diff(500) < 80, "classes are drawn alike: {seen:?} of 1000");
    }

    #[test]
    fn classes_are_drawn_by_their_weights_among_those_of_the_case() {
        let case = sample(&[([9, 9, 9], 1), ([19, 0, 10], 2)]);
        let class_weights = Some(vec![0.0, 1.0, 9.0, 1000.0]);
        let crop = ForegroundCrop::new([8, 8, 8], Foreground { share: 1.0, class_weights });
        let of_two =
            (0..1000).filter(|&index| crop.locations(&case, &mut sample_rng(1, 0, index))[0].start[0] == 12);
        let n = of_two.count();
        assert!(n.abs_diff(900) < 50, "{n} of 1000");
    }

    #[test]
    fn a_case_without_foreground_gives_a_random_place() {
        let crop = ForegroundCrop::new([8, 8, 30], Foreground { share: 1.0, class_weights: None });
        let at = crop.locations(&sample(&[]), &mut sample_rng(1, 0, 0))[0];
        assert!((0..=12).contains(&at.start[0]) && (-10..=0).contains(&at.start[2]));
    }
}
