//! Grey values in a bent scale.

use anyhow::{Result, ensure};
use mis_core::{Sample, SampleRng, statistics};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::factor::uniform;
use crate::told::transform_by_draw;

/// Bends each channel's grey scale by a broken line of its own, which rises from the channel's minimum to its maximum.
///
/// Points of the scale at even distances are moved, each up to the place of one of its neighbors: what was brighter
/// stays so (MONAI's histogram shift).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct HistogramShift {
    /// Number of points, with both ends, which stay.
    pub n_points: usize,
}

impl Default for HistogramShift {
    fn default() -> Self {
        Self { n_points: 10 }
    }
}

impl HistogramShift {
    /// For each channel where the points go, from 0 for the minimum to 1 for the maximum.
    #[must_use]
    pub fn draw(&self, n_channels: usize, rng: &mut SampleRng) -> Vec<Vec<f32>> {
        let last = self.n_points - 1;
        (0..n_channels)
            .map(|_| {
                let mut points: Vec<f32> = (0..=last).map(|n| n as f32 / last as f32).collect();
                for n in 1..last {
                    points[n] = uniform([points[n - 1], points[n + 1]], rng);
                }
                points
            })
            .collect()
    }

    /// The sample with the points moved there, for each channel.
    #[must_use]
    pub fn apply_drawn(&self, mut sample: Sample, points: &[Vec<f32>]) -> Sample {
        let n: usize = sample.image.shape().iter().product();
        for (channel, points) in sample.image.as_slice_mut().chunks_exact_mut(n).zip(points) {
            let found = statistics(channel);
            let (min, range) = (found.min, found.max - found.min);
            // A constant channel stays.
            let to_points = if range > 1e-30 { (points.len() - 1) as f32 / range } else { 0.0 };
            let highest = points.len() - 2;
            channel.par_chunks_mut(1 << 14).for_each(|values| {
                for x in values {
                    let at = (*x - min) * to_points;
                    let lower = (at as usize).min(highest);
                    let (a, b) = (points[lower], points[lower + 1]);
                    *x = min + range * (a + (at - lower as f32) * (b - a));
                }
            });
        }
        sample
    }

    /// Says what is wrong with the options.
    pub fn check(&self) -> Result<()> {
        ensure!(self.n_points >= 3, "n-points must be 3 or more, got {}", self.n_points);
        Ok(())
    }
}

transform_by_draw!(HistogramShift, "histogram-shift", |this, sample, rng| this
    .draw(sample.image.n_channels(), rng));

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, Volume, sample_rng};
    use ndarray::Array4;

    fn shifted(values: &[f32], points: &[f32]) -> Vec<f32> {
        let data = Array4::from_shape_vec((1, 1, 1, values.len()), values.to_vec()).unwrap();
        let image = Volume::new(data, Affine::from_spacing([1.0; 3])).unwrap();
        let sample = Sample { id: "a".into(), image, labels: None };
        HistogramShift::default().apply_drawn(sample, &[points.to_vec()]).image.as_slice().to_vec()
    }

    #[test]
    fn values_go_where_the_broken_line_takes_them() {
        let values = [-2.0, -1.0, 0.0, 1.0, 2.0];
        assert_eq!(shifted(&values, &[0.0, 0.25, 1.0]), [-2.0, -1.5, -1.0, 0.5, 2.0]);
        assert_eq!(shifted(&[7.0; 3], &[0.0, 0.25, 1.0]), [7.0; 3]);
    }

    #[test]
    fn points_never_change_their_order() {
        let mut rng = sample_rng(1, 0, 0);
        for points in HistogramShift::default().draw(1000, &mut rng) {
            assert_eq!([points[0], points[9]], [0.0, 1.0]);
            assert!(points.is_sorted());
        }
    }
}
