//! Several augmentations of one case.

use std::sync::Arc;

use mis_core::{BatchPlace, PatchLocation, PatchSampler, Sample, SampleRng};

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

    fn locations_at(&self, sample: &Sample, place: BatchPlace, rng: &mut SampleRng) -> Vec<PatchLocation> {
        // Each visit before this one gave as many patches.
        let at = |cycle| BatchPlace { idx: (place.idx * self.n + cycle) % place.of, of: place.of };
        (0..self.n).flat_map(|cycle| self.sampler.locations_at(sample, at(cycle), rng)).collect()
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

    /// Tells its place in the batch.
    #[derive(Debug)]
    struct Placed;

    impl PatchSampler for Placed {
        fn locations(&self, _: &Sample, _: &mut SampleRng) -> Vec<PatchLocation> {
            Vec::new()
        }

        fn locations_at(&self, _: &Sample, place: BatchPlace, _: &mut SampleRng) -> Vec<PatchLocation> {
            vec![PatchLocation { start: [place.idx as isize, 0, 0], shape: [1; 3] }]
        }
    }

    #[test]
    fn cycles_fill_a_batch_in_their_order() {
        let image = Volume::new(Array4::zeros((1, 1, 1, 1)), Affine::from_spacing([1.0; 3])).unwrap();
        let sample = Sample { id: "a".into(), image, labels: None };
        let cycles = Cycles { n: 2, sampler: Arc::new(Placed) };
        let of_visit = |visit: usize| {
            let place = BatchPlace { idx: visit % 4, of: 4 };
            cycles.locations_at(&sample, place, &mut sample_rng(1, 0, 0))
        };
        let places: Vec<_> = (0..6).flat_map(of_visit).map(|at| at.start[0]).collect();
        assert_eq!(places, [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
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
