//! One scale of grey values for MR scans of many scanners.

use anyhow::{Context as _, Result, ensure};
use mis_core::{Preprocess, Sample, Volume};
use serde::{Deserialize, Serialize};

use crate::over::{Channels, Over, map_values};
use crate::percentiles::percentiles;

/// Maps the percentiles of each scan onto the same landmarks, so that a grey value means the same tissue in scans of
/// different machines (Nyúl, Udupa & Zhang 2000).
///
/// Between landmarks the map is linear; beyond the first and the last it goes on with their slope. Landmarks are
/// [`learned`](Self::learn) from a set of scans and stand in the experiment file, so that prediction uses those of
/// training. Each channel is mapped by its own percentiles onto the same landmarks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistogramStandardize {
    /// The percentiles, rising, 0 to 100.
    pub percentiles: Vec<f64>,
    /// What each becomes; rising.
    pub landmarks: Vec<f32>,
    /// The voxels that percentiles are formed of; all are mapped.
    #[serde(default)]
    pub over: Over,
}

impl HistogramStandardize {
    /// The percentiles that Nyúl et al. found best: 1, the deciles, 99.
    pub const PERCENTILES: [f64; 11] = [1.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 99.0];

    /// Learns the landmarks of a set of scans: each scan's first and last percentile are brought to 0 and 100, and each
    /// landmark is the mean of where its percentile comes to lie. Scans without a range are an error.
    pub fn learn<'a>(
        scans: impl IntoIterator<Item = &'a Volume>,
        percents: &[f64],
        over: Over,
    ) -> Result<Self> {
        let mut sums = vec![0.0_f64; percents.len()];
        let mut n_scans = 0_u32;
        for scan in scans {
            let found = percentiles(&mut over.chosen(scan.as_slice())?, percents);
            let (first, last) = (found[0], found[found.len() - 1]);
            ensure!(last > first, "scan {n_scans} has no range: its percentiles are all {first}");
            for (sum, value) in sums.iter_mut().zip(&found) {
                *sum += 100.0 * f64::from(value - first) / f64::from(last - first);
            }
            n_scans += 1;
        }
        ensure!(n_scans > 0, "expected scans to learn landmarks from, found none");
        let landmarks = sums.iter().map(|sum| (sum / f64::from(n_scans)) as f32).collect();
        let step = Self { percentiles: percents.to_vec(), landmarks, over };
        step.check()?;
        Ok(step)
    }

    /// Says what is wrong with percentiles or landmarks, before any data is read.
    pub fn check(&self) -> Result<()> {
        let (percents, landmarks) = (&self.percentiles, &self.landmarks);
        ensure!(
            percents.len() == landmarks.len() && percents.len() >= 2,
            "expected as many landmarks as percentiles, at least two, got {} and {}",
            landmarks.len(),
            percents.len()
        );
        ensure!(
            percents.is_sorted_by(|a, b| a < b)
                && 0.0 <= percents[0]
                && percents[percents.len() - 1] <= 100.0,
            "percentiles must rise within 0 to 100, got {percents:?}"
        );
        ensure!(landmarks.is_sorted_by(|a, b| a < b), "landmarks must rise, got {landmarks:?}");
        Ok(())
    }
}

impl Preprocess for HistogramStandardize {
    fn apply(&self, mut sample: Sample) -> Result<Sample> {
        self.check()?;
        for (name, values) in Channels::Each.parts(&mut sample.image) {
            let knots = || -> Result<Vec<f32>> {
                let mut chosen = self.over.chosen(values)?;
                ensure!(chosen.iter().all(|x| x.is_finite()), "grey values must be finite");
                let knots = percentiles(&mut chosen, &self.percentiles);
                ensure!(knots[0] < knots[knots.len() - 1], "the channel has no range: it is {}", knots[0]);
                Ok(knots)
            };
            let map = PiecewiseLinear::through(&knots().context(name)?, &self.landmarks);
            map_values(values, |x| map.at(x));
        }
        Ok(sample)
    }
}

/// Straight lines through points of rising x.
struct PiecewiseLinear {
    /// Where each piece but the first begins.
    starts: Vec<f32>,
    /// A point and the slope of each piece.
    pieces: Vec<(f32, f32, f32)>,
}

impl PiecewiseLinear {
    /// Of points with the same x the first counts: percentiles coincide where many voxels are alike.
    fn through(xs: &[f32], ys: &[f32]) -> Self {
        let mut points: Vec<(f32, f32)> = Vec::new();
        for (&x, &y) in xs.iter().zip(ys) {
            if points.last().is_none_or(|last| last.0 < x) {
                points.push((x, y));
            }
        }
        let pieces: Vec<_> = points
            .windows(2)
            .map(|two| (two[0].0, two[0].1, (two[1].1 - two[0].1) / (two[1].0 - two[0].0)))
            .collect();
        Self { starts: pieces[1..].iter().map(|piece| piece.0).collect(), pieces }
    }

    fn at(&self, x: f32) -> f32 {
        let (x0, y0, slope) = self.pieces[self.starts.partition_point(|&start| start <= x)];
        y0 + slope * (x - x0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::Affine;
    use ndarray::Array4;

    fn scan(value: impl Fn(f32) -> f32) -> Volume {
        let values: Vec<f32> = (0..1000).map(|n| value(n as f32 / 999.0)).collect();
        Volume::new(Array4::from_shape_vec((1, 10, 10, 10), values).unwrap(), Affine::from_spacing([1.0; 3]))
            .unwrap()
    }

    #[test]
    fn scans_of_two_scanners_come_to_lie_on_one_scale() {
        let (one, other) = (scan(|x| 40.0 + 300.0 * x * x), scan(|x| -5.0 + 0.5 * x * x));
        let step =
            HistogramStandardize::learn([&one, &other], &HistogramStandardize::PERCENTILES, Over::Image)
                .unwrap();
        let apply = |image: &Volume| {
            step.apply(Sample { id: "a".into(), image: image.clone(), labels: None }).unwrap().image
        };
        let (one, other) = (apply(&one), apply(&other));
        for (a, b) in one.as_slice().iter().zip(other.as_slice()) {
            assert!((a - b).abs() < 1e-2, "{a} is not {b}"); // f32 rounding of −5 + 0.5 at a slope of 200
        }
        let near = |x: f32, y: f32| assert!((x - y).abs() < 0.5, "{x} is not {y}");
        near(one.as_slice()[10], 0.0);
        near(one.as_slice()[989], 100.0);
    }

    #[test]
    fn beyond_the_landmarks_the_outer_slopes_go_on() {
        let map = PiecewiseLinear::through(&[0.0, 10.0, 10.0, 20.0], &[0.0, 50.0, 60.0, 100.0]);
        assert_eq!(
            [-1.0, 0.0, 5.0, 10.0, 15.0, 22.0].map(|x| map.at(x)),
            [-5.0, 0.0, 25.0, 50.0, 75.0, 110.0]
        );
    }

    #[test]
    fn landmarks_that_do_not_fit_are_refused() {
        let step =
            HistogramStandardize { percentiles: vec![1.0, 99.0], landmarks: vec![0.0], over: Over::Image };
        let error = step.check().unwrap_err().to_string();
        assert_eq!(error, "expected as many landmarks as percentiles, at least two, got 1 and 2");
        let step = HistogramStandardize { landmarks: vec![5.0, 5.0], ..step };
        assert_eq!(step.check().unwrap_err().to_string(), "landmarks must rise, got [5.0, 5.0]");
    }
}
