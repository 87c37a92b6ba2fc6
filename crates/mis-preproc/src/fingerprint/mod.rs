//! What a data set is like, in numbers.

mod case;
mod value_histogram;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use mis_core::{DataSource, SampleId};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::case::{Case, Values};
pub(crate) use self::value_histogram::ValueHistogram;

/// What a data set is like: the lattices of its scans and the grey values of its foreground. A [`Plan`](crate::Plan) is
/// made from it.
///
/// It is the same to the bit for any number of threads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Fingerprint {
    /// The scans' lattices.
    pub cases: BTreeMap<SampleId, CaseLattice>,
    /// Foreground grey values of each channel, over all scans.
    pub channels: Vec<ForegroundValues>,
}

/// The lattice of one scan.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CaseLattice {
    /// Spacing in mm along i, j and k.
    pub spacing: [f64; 3],
    /// Number of voxels along i, j and k.
    pub shape: [usize; 3],
    /// Shape of the box around the voxels that are not 0 in all channels.
    pub shape_after_crop: [usize; 3],
}

/// Grey values of one channel where labels are not background.
///
/// Mean, standard deviation (the population's) and range are exact; median and percentiles are exact for whole numbers
/// below 4096 and within 1/2048 of the value otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names of statistics say what they are")]
pub struct ForegroundValues {
    pub n_voxels: u64,
    pub mean: f64,
    pub sd: f64,
    pub min: f32,
    pub max: f32,
    pub median: f32,
    /// The percentile 0.5.
    pub percentile_00_5: f32,
    /// The percentile 99.5.
    pub percentile_99_5: f32,
}

impl Fingerprint {
    /// Reads every case of a data set once, as many at a time as there are threads; `done` is called after each. An
    /// error names its case.
    pub fn of(source: &dyn DataSource, done: &(dyn Fn() + Sync)) -> Result<Self> {
        let ids = source.ids()?;
        let mut cases = BTreeMap::new();
        let mut channels: Vec<Values> = Vec::new();
        for portion in ids.chunks(rayon::current_num_threads()) {
            let read = |id: &SampleId| -> Result<Case> {
                let case = Case::of(source.load_shared(id)?.as_ref());
                done();
                case.with_context(|| id.to_string())
            };
            let read: Vec<_> = portion.par_iter().map(read).collect();
            for (id, case) in portion.iter().zip(read) {
                let case = case?;
                if cases.is_empty() {
                    channels = case.channels.iter().map(|_| Values::none()).collect();
                }
                ensure!(
                    case.channels.len() == channels.len(),
                    "{id}: expected {} channels, as in {}, found {}",
                    channels.len(),
                    ids[0],
                    case.channels.len()
                );
                channels.iter_mut().zip(&case.channels).for_each(|(all, own)| all.merge(own));
                let Case { spacing, shape, shape_after_crop, .. } = case;
                cases.insert(id.clone(), CaseLattice { spacing, shape, shape_after_crop });
            }
        }
        ensure!(!cases.is_empty(), "expected cases to look at, found none");
        let channels = channels.iter().map(ForegroundValues::from_counts).collect::<Result<_>>()?;
        Ok(Self { cases, channels })
    }

    /// The median over cases of the part of a scan's voxels that is left by cropping to what is not 0.
    #[must_use]
    pub fn relative_size_after_crop(&self) -> f64 {
        let volume = |shape: [usize; 3]| shape.iter().product::<usize>() as f64;
        median(self.cases.values().map(|case| volume(case.shape_after_crop) / volume(case.shape)))
    }

    /// The median spacing in mm along i, j and k.
    #[must_use]
    pub fn median_spacing(&self) -> [f64; 3] {
        [0, 1, 2].map(|axis| median(self.cases.values().map(|case| case.spacing[axis])))
    }
}

impl ForegroundValues {
    fn from_counts(values: &Values) -> Result<Self> {
        let percentile = |percent| {
            let none = "no case has foreground: every label is background";
            values.histogram.percentile(percent).context(none)
        };
        Ok(Self {
            n_voxels: values.n,
            mean: values.mean,
            sd: (values.squares / values.n.max(1) as f64).sqrt(),
            min: values.min,
            max: values.max,
            median: percentile(50.0)?,
            percentile_00_5: percentile(0.5)?,
            percentile_99_5: percentile(99.5)?,
        })
    }
}

/// The percentile of at least one number, between two of them in proportion.
pub(crate) fn percentile(numbers: impl IntoIterator<Item = f64>, percent: f64) -> f64 {
    let mut numbers: Vec<f64> = numbers.into_iter().collect();
    numbers.sort_by(f64::total_cmp);
    let place = percent / 100.0 * (numbers.len() - 1) as f64;
    let (lower, upper) = (numbers[place.floor() as usize], numbers[place.ceil() as usize]);
    lower + place.fract() * (upper - lower)
}

pub(crate) fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    percentile(numbers, 50.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, LabelMap, Sample, Volume};
    use ndarray::{Array3, Array4};

    /// Case n has voxels 0, 1, 2 … times n, the last half of them foreground, in a frame of zeros.
    #[derive(Debug)]
    struct Ramps(usize);

    impl DataSource for Ramps {
        fn ids(&self) -> Result<Vec<SampleId>> {
            Ok((0..self.0).map(|n| SampleId(format!("{n}"))).collect())
        }

        fn load(&self, id: &SampleId) -> Result<Sample> {
            let n: usize = id.0.parse()?;
            let affine = Affine::from_spacing([1.0, 2.0, 1.0 + n as f64]);
            let image = Array4::from_shape_fn((1, 4, 10, 12), |(_, i, j, k)| {
                if i == 0 { 0.0 } else { ((n + 1) * (12 * j + k)) as f32 + 1.0 }
            });
            let labels = Array3::from_shape_fn((4, 10, 12), |(i, j, _)| u8::from(i > 0 && j >= 5));
            Ok(Sample {
                id: id.clone(),
                image: Volume::new(image, affine)?,
                labels: Some(LabelMap::new(labels, affine)?),
            })
        }
    }

    #[test]
    fn a_fingerprint_is_of_the_foreground_of_all_cases() {
        let found = Fingerprint::of(&Ramps(7), &|| ()).unwrap();
        let mut values: Vec<f64> = (0..7_usize)
            .flat_map(|n| (60..120_usize).flat_map(move |x| [((n + 1) * x + 1) as f64; 3]))
            .collect();
        values.sort_by(f64::total_cmp);
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64;
        let channel = found.channels[0];
        assert_eq!((channel.n_voxels, channel.min, channel.max), (7 * 180, 61.0, 834.0));
        assert!((channel.mean - mean).abs() < 1e-9 && (channel.sd - variance.sqrt()).abs() < 1e-9);
        assert_eq!(channel.percentile_99_5, percentile(values.iter().copied(), 99.5) as f32);
        assert_eq!(found.cases[&"3".into()].shape_after_crop, [3, 10, 12]);
        assert_eq!(found.relative_size_after_crop(), 0.75);
        assert_eq!(found.median_spacing(), [1.0, 2.0, 4.0]);
    }

    #[test]
    fn it_is_the_same_for_any_number_of_threads() {
        let of = |n| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
            pool.install(|| Fingerprint::of(&Ramps(7), &|| ()).unwrap())
        };
        assert_eq!(of(1), of(3));
        assert_eq!(of(1), of(8));
    }
}
