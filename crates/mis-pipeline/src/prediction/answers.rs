//! What networks say of one scan, brought onto its lattice slab by slab.

use std::ops::Range;

use anyhow::{Context as _, Result, ensure};
use mis_core::ndarray::{Array3, Array4};
use mis_core::{Geometry, LabelMap, Volume};
use mis_preproc::{Beyond, ScanSlabs, Step};
use rayon::prelude::*;

use super::decide::decide;
use crate::Combine;

/// What one network, or several as one, says of a scan: probabilities on the lattice that it was shown.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) steps: &'a [Step],
    pub(crate) probabilities: Volume,
    /// The lattice before each step.
    pub(crate) lattices: Vec<Geometry>,
}

/// All answers on one scan. Probabilities on the scan's lattice are made a slab at a time.
#[derive(Debug)]
pub(crate) struct Answers<'a> {
    pub(crate) each: Vec<Answer<'a>>,
    pub(crate) combine: &'a Combine,
    /// The classes of each channel where channels are regions.
    pub(crate) regions: Option<&'a [Vec<u8>]>,
}

/// What a label map on the scan's lattice may take in bytes while it is made, beside itself and the probabilities that
/// it is made from.
pub(crate) const EXPORT_MEMORY: usize = 256 << 20;

impl Answers<'_> {
    /// The labels on the scan's lattice.
    pub(crate) fn label_map(mut self) -> Result<LabelMap> {
        if self.each.len() == 1 && self.regions.is_none() {
            let Answer { steps, probabilities, lattices } = self.each.remove(0);
            return mis_preproc::label_map(steps, probabilities, &lattices, EXPORT_MEMORY);
        }
        let regions = self.regions;
        let mut slabs = Slabs::of(self)?;
        let scan = slabs.scan;
        let mut labels = Array3::zeros(scan.shape);
        let values = labels.as_slice_mut().expect("a new array is in standard layout");
        for planes in slabs.planes() {
            let labels = &mut values[planes.start * slabs.plane..planes.end * slabs.plane];
            decide(&slabs.make(planes), regions, labels);
        }
        LabelMap::new(labels, scan.affine)
    }

    /// The probabilities on the scan's lattice, whole, and the labels that they give.
    pub(crate) fn probabilities(self) -> Result<(Volume, LabelMap)> {
        let regions = self.regions;
        let mut slabs = Slabs::of(self)?;
        let Geometry { shape: [i, j, k], affine } = slabs.scan;
        let mut values = Array4::zeros((slabs.n_channels, i, j, k));
        let mut labels = Array3::zeros([i, j, k]);
        let (all, all_labels) = (values.as_slice_mut(), labels.as_slice_mut());
        let (all, all_labels) = all.zip(all_labels).expect("new arrays are in standard layout");
        for planes in slabs.planes() {
            let voxels = planes.start * slabs.plane..planes.end * slabs.plane;
            let made = slabs.make(planes);
            for (channel, made) in all.chunks_exact_mut(i * j * k).zip(&made) {
                channel[voxels.clone()].copy_from_slice(made);
            }
            decide(&made, regions, &mut all_labels[voxels]);
        }
        Ok((Volume::new(values, affine)?, LabelMap::new(labels, affine)?))
    }
}

/// The combined probabilities of a slab, and the room that they are made in.
struct Slabs<'a> {
    each: Vec<ScanSlabs>,
    combine: &'a Combine,
    regions: Option<&'a [Vec<u8>]>,
    scan: Geometry,
    n_channels: usize,
    /// Voxels of a plane.
    plane: usize,
    /// What each network says of the slab, channel by channel.
    said: Vec<Vec<f32>>,
    made: Vec<Vec<f32>>,
}

impl<'a> Slabs<'a> {
    fn of(answers: Answers<'a>) -> Result<Self> {
        let Answers { each, combine, regions } = answers;
        let beyond = if regions.is_some() { Beyond::Nothing } else { Beyond::Background };
        let slabs = |Answer { steps, probabilities, lattices }| {
            ScanSlabs::new(steps, probabilities, &lattices, beyond)
        };
        let each: Vec<_> = each.into_iter().map(slabs).collect::<Result<_>>()?;
        let first = each.first().context("an ensemble needs at least one run")?;
        let (scan, n_channels) = (first.geometry(), first.n_channels());
        for other in &each {
            ensure!(
                other.n_channels() == n_channels,
                "expected runs of the same classes, found {n_channels} and {}",
                other.n_channels()
            );
        }
        let plane = scan.shape[1] * scan.shape[2];
        let (said, made) = (Vec::new(), vec![Vec::new(); n_channels]);
        Ok(Self { each, combine, regions, scan, n_channels, plane, said, made })
    }

    /// As many planes at a time as the memory allows.
    fn planes(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let per_plane = size_of::<f32>() * self.plane * self.n_channels * (self.each.len() + 1);
        let (n, step) = (self.scan.shape[0], (EXPORT_MEMORY / per_plane).max(1));
        (0..n).step_by(step).map(move |first| first..n.min(first + step))
    }

    /// The combined probabilities of each channel in some planes.
    fn make(&mut self, planes: Range<usize>) -> Vec<&[f32]> {
        let n = planes.len() * self.plane;
        self.said.resize(self.each.len(), Vec::new());
        for (member, said) in self.each.iter_mut().zip(&mut self.said) {
            said.clear();
            for channel in 0..self.n_channels {
                said.extend_from_slice(member.make(channel, planes.clone()));
            }
        }
        if matches!(self.combine, Combine::Majority) {
            for said in &mut self.said {
                to_voices(said, n, self.regions);
            }
        }
        for (channel, made) in self.made.iter_mut().enumerate() {
            made.resize(n, 0.0);
            let said: Vec<&[f32]> = self.said.iter().map(|said| &said[channel * n..][..n]).collect();
            let voxel = |(voxel, made): (usize, &mut f32), values: &mut Vec<f32>| {
                values.clear();
                values.extend(said.iter().map(|said| said[voxel]));
                *made = self.combine.voxel(values);
            };
            made.par_iter_mut().enumerate().for_each_init(Vec::new, |values, at| voxel(at, values));
        }
        self.made.iter().map(Vec::as_slice).collect()
    }
}

/// Turns one network's probabilities of `n` voxels into its voice: 1 in the channel that it decides for, else 0.
fn to_voices(said: &mut [f32], n: usize, regions: Option<&[Vec<u8>]>) {
    if regions.is_some() {
        said.iter_mut().for_each(|value| *value = f32::from(u8::from(*value >= 0.5)));
        return;
    }
    let mut labels = vec![0; n];
    decide(&said.chunks_exact(n).collect::<Vec<_>>(), None, &mut labels);
    for (class, said) in said.chunks_exact_mut(n).enumerate() {
        for (value, &label) in said.iter_mut().zip(&labels) {
            *value = f32::from(u8::from(usize::from(label) == class));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, Sample, argmax, sample_rng};
    use mis_preproc::{Crop, Pad, Resample, apply_all, invert_all};
    use rand::Rng as _;
    use std::sync::Arc;

    fn scan() -> Volume {
        let inside = |at: usize, n: usize| (2..n - 2).contains(&at);
        let data = Array4::from_shape_fn((1, 9, 10, 12), |(_, i, j, k)| {
            f32::from(u8::from(inside(i, 9) && inside(j, 10) && inside(k, 12)))
        });
        Volume::new(data, Affine::from_spacing([3.0, 1.0, 1.0])).unwrap()
    }

    /// Three networks' answers, each on a lattice of its own.
    fn answers(steps: &[Vec<Step>; 3]) -> Vec<Answer<'_>> {
        steps
            .iter()
            .enumerate()
            .map(|(index, steps)| {
                let sample = Sample { id: "a".into(), image: scan(), labels: None };
                let (input, lattices) = apply_all(steps, sample).unwrap();
                let [i, j, k] = input.image.shape();
                let rng = &mut sample_rng(4, 0, index as u64);
                let data = Array4::from_shape_simple_fn((3, i, j, k), || rng.random::<f32>());
                Answer { steps, probabilities: Volume::new(data, input.image.affine()).unwrap(), lattices }
            })
            .collect()
    }

    #[derive(Debug)]
    struct Largest;
    impl crate::Combiner for Largest {
        fn combine(&self, probabilities: &[f32]) -> f32 {
            probabilities.iter().copied().fold(0.0, f32::max)
        }
    }

    type Rule = fn(&mut [f32; 3]) -> f32;

    #[test]
    fn networks_on_lattices_of_their_own_are_combined_voxel_by_voxel_on_the_scans() {
        let steps: [Vec<Step>; 3] = [
            vec![Resample::to([1.5, 2.0, 1.0]).into()],
            vec![Crop::default().into(), Pad::divisible_by([4; 3]).into()],
            Vec::new(),
        ];
        let wholes: Vec<Volume> = answers(&steps)
            .into_iter()
            .map(|answer| invert_all(answer.steps, answer.probabilities, &answer.lattices).unwrap())
            .collect();
        let rules: [(Combine, Rule); 3] = [
            (Combine::Mean, |values| values.iter().sum::<f32>() / 3.0),
            (Combine::Median, |values| {
                values.sort_by(f32::total_cmp);
                values[1]
            }),
            (Combine::Custom(Arc::new(Largest)), |values| values.iter().copied().fold(0.0, f32::max)),
        ];
        for (combine, expected) in rules {
            let answers = || Answers { each: answers(&steps), combine: &combine, regions: None };
            let (found, labels) = answers().probabilities().unwrap();
            for (voxel, &value) in found.as_slice().iter().enumerate() {
                let mut values = [0, 1, 2].map(|network: usize| wholes[network].as_slice()[voxel]);
                assert_eq!(value, expected(&mut values), "{combine:?}");
            }
            assert_eq!(labels, argmax(&found));
            assert_eq!(answers().label_map().unwrap(), labels);
        }
    }

    #[test]
    fn the_majority_outvotes_the_one_that_is_surest() {
        let volume = |values: Vec<f32>| {
            let data = Array4::from_shape_vec((3, 1, 1, 2), values).unwrap();
            Volume::new(data, Affine::from_spacing([1.0; 3])).unwrap()
        };
        let answer = |values| Answer { steps: &[], probabilities: volume(values), lattices: Vec::new() };
        let answers = || {
            vec![
                answer(vec![0.0, 0.0, 0.0, 1.0, 1.0, 0.0]),
                answer(vec![0.0, 0.2, 0.6, 0.3, 0.4, 0.5]),
                answer(vec![0.0, 0.5, 0.6, 0.2, 0.4, 0.3]),
            ]
        };
        let labels = |combine: &Combine, regions| {
            let labels = Answers { each: answers(), combine, regions }.label_map().unwrap();
            labels.as_slice().to_vec()
        };
        assert_eq!(labels(&Combine::Mean, None), [2, 1]);
        assert_eq!(labels(&Combine::Majority, None), [1, 0]); // the second voxel has a voice for each class
        let regions = [vec![1, 2, 3], vec![2, 3], vec![3]];
        assert_eq!(labels(&Combine::Majority, Some(&regions)), [2, 0]);
    }
}
