//! Several augmentations of one case.

use std::sync::Arc;

use mis_core::{PatchLocation, PatchSampler, Sample, SampleRng};

/// Takes the patches of a case several times over at each visit, each with a place and an augmentation of its own: the
/// augmentation cycles of MIScnn. A case that is slow to read is used more often.
#[derive(Clone, Debug)]
pub struct Cycles {
    /// How often; once is as without.
    pub n: usize,
    /// What takes them once.
    pub sampler: Arc<dyn PatchSampler>,
}

impl PatchSampler for Cycles {
    fn locations(&self, sample: &Sample, rng: &mut SampleRng) -> Vec<PatchLocation> {
        (0..self.n).flat_map(|_| self.sampler.locations(sample, rng)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, Volume, ndarray::Array4, sample_rng};
    use rand::Rng as _;

    #[derive(Debug)]
    struct Anywhere;

    impl PatchSampler for Anywhere {
        fn locations(&self, _: &Sample, rng: &mut SampleRng) -> Vec<PatchLocation> {
            vec![PatchLocation {
                start: [0; 3].map(|_: isize| rng.random_range(0..1_000_000_i64) as isize),
                shape: [1; 3],
            }]
        }
    }

    #[test]
    fn each_cycle_has_its_own_places_and_one_is_as_without() {
        let image = Volume::new(Array4::zeros((1, 1, 1, 1)), Affine::from_spacing([1.0; 3])).unwrap();
        let sample = Sample { id: "a".into(), image, labels: None };
        let places =
            |n| Cycles { n, sampler: Arc::new(Anywhere) }.locations(&sample, &mut sample_rng(1, 0, 0));
        let (one, five) = (places(1), places(5));
        assert_eq!(one, Anywhere.locations(&sample, &mut sample_rng(1, 0, 0)));
        assert_eq!(five[0], one[0]);
        assert!((0..5).all(|n| !five[..n].contains(&five[n])));
    }
}
