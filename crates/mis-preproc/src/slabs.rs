//! Probabilities on the scan's lattice, made slab by slab.

use std::ops::Range;

use anyhow::{Context as _, Result, ensure};
use mis_core::{Geometry, PatchLocation, Volume};
use ndarray::{Array4, ArrayView4, Axis};
use rayon::prelude::*;

use crate::undo::{Undo, cut};
use crate::{Step, invert_all};

/// What probabilities say of voxels that a crop took away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// They are of the first channel, the background, for certain.
    Background,
    /// They are of no channel: of regions none is the background.
    Nothing,
}

/// Probabilities `(channel, i, j, k)` on the lattice after all steps, to be had on the scan's own lattice slab by slab: to
/// the bit what [`invert_all`] gives, for whoever combines several of them.
#[derive(Debug)]
pub struct ScanSlabs {
    slabs: Slabs,
    probabilities: Volume,
    room: ClassRoom,
}

impl ScanSlabs {
    /// The way back from the lattice after all steps; `lattices` are those before each step. A step of your own that
    /// changes the lattice is undone for the whole volume at once.
    pub fn new(steps: &[Step], probabilities: Volume, lattices: &[Geometry], beyond: Beyond) -> Result<Self> {
        let (slabs, probabilities) = Slabs::of_whole(steps, probabilities, lattices, beyond)?;
        Ok(Self { slabs, probabilities, room: ClassRoom::default() })
    }

    /// The scan's lattice.
    #[must_use]
    pub fn geometry(&self) -> Geometry {
        self.slabs.scan
    }

    /// Number of channels.
    #[must_use]
    pub fn n_channels(&self) -> usize {
        self.probabilities.n_channels()
    }

    /// One channel in the planes of the scan from `planes.start` along i, `(i, j, k)`.
    ///
    /// # Panics
    /// Where the channel or a plane is not there.
    pub fn make(&mut self, channel: usize, planes: Range<usize>) -> &[f32] {
        let Self { slabs, probabilities, room } = self;
        assert!(planes.end <= slabs.scan.shape[0], "the scan has {} planes", slabs.scan.shape[0]);
        let boxes = slabs.boxes(&slabs.planes(planes));
        let source = ClassPlanes::of(probabilities.data(), channel, 0);
        slabs.on_scan(channel == 0, source, &boxes, room)
    }
}

#[derive(Debug)]
pub(crate) struct Slabs {
    /// The way back, from the scan on: the first is carried out last.
    undos: Vec<Undo>,
    pub(crate) scan: Geometry,
    beyond: Beyond,
}

/// Buffers of one slab, used again for the next.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// The largest probability of each voxel so far.
    best: Vec<f32>,
    class: ClassRoom,
}

/// Buffers of one class.
#[derive(Debug, Default)]
struct ClassRoom {
    part: Vec<f32>,
    made: Vec<f32>,
    cut: Vec<f32>,
}

impl Slabs {
    /// The way back from the lattice `after` all steps, and how many of them it is the way back through: those before the
    /// first step of one's own that changes the lattice.
    pub(crate) fn of(
        steps: &[Step],
        after: &Geometry,
        lattices: &[Geometry],
        beyond: Beyond,
    ) -> Result<(Self, usize)> {
        ensure!(
            lattices.len() == steps.len(),
            "expected the lattice before each of {} steps, got {}",
            steps.len(),
            lattices.len()
        );
        let scan = *lattices.first().unwrap_or(after);
        let mut slabs = Self { undos: Vec::with_capacity(steps.len()), scan, beyond };
        for (number, (step, before)) in steps.iter().zip(lattices).enumerate() {
            let after = lattices.get(number + 1).unwrap_or(after);
            match step.undo(before, after).context(step.name())? {
                Some(Undo::Nothing) => {}
                Some(undo) => slabs.undos.push(undo),
                None => return Ok((slabs, number)),
            }
        }
        Ok((slabs, steps.len()))
    }

    /// The way back, and the probabilities that it begins with.
    pub(crate) fn of_whole(
        steps: &[Step],
        mut probabilities: Volume,
        lattices: &[Geometry],
        beyond: Beyond,
    ) -> Result<(Self, Volume)> {
        let (slabs, n_undone) = Self::of(steps, &probabilities.geometry(), lattices, beyond)?;
        if n_undone < steps.len() {
            probabilities = whole(&steps[n_undone..], probabilities, &lattices[n_undone..], beyond)?;
        }
        Ok((slabs, probabilities))
    }

    /// Planes of the scan as a box.
    pub(crate) fn planes(&self, planes: Range<usize>) -> PatchLocation {
        let [_, j, k] = self.scan.shape;
        PatchLocation { start: [planes.start as isize, 0, 0], shape: [planes.len(), j, k] }
    }

    /// Planes of the scan that fit into the memory.
    pub(crate) fn thickness(&self, memory: usize) -> usize {
        // The best so far, the class's own, and the largest box on the way, which is read and made.
        let bytes = |n: usize| -> usize {
            let at = self.planes(0..n);
            let on_the_way = self.boxes(&at).iter().flatten().map(PatchLocation::n_voxels).max().unwrap_or(0);
            size_of::<f32>() * (2 * at.n_voxels() + 2 * on_the_way)
        };
        let (mut fits, mut too_many) = (1, self.scan.shape[0] + 1);
        while too_many - fits > 1 {
            let middle = fits.midpoint(too_many);
            if bytes(middle) <= memory { fits = middle } else { too_many = middle }
        }
        fits
    }

    /// The box on each lattice, from the scan's to the network's; none from where no voxel is read.
    pub(crate) fn boxes(&self, at: &PatchLocation) -> Vec<Option<PatchLocation>> {
        let mut boxes = vec![Some(*at)];
        for undo in &self.undos {
            boxes.push(boxes[boxes.len() - 1].as_ref().and_then(|at| undo.reads(at)));
        }
        boxes
    }

    /// The labels of a box of the scan from planes of the probabilities, `(class, i, j, k)` from `first` along i.
    pub(crate) fn make(
        &self,
        probabilities: ArrayView4<'_, f32>,
        first: usize,
        at: &PatchLocation,
        labels: &mut [u8],
        room: &mut Room,
    ) {
        let boxes = self.boxes(at);
        let Some(read) = &boxes[boxes.len() - 1] else { return labels.fill(0) };
        let planes_of = |class: u8| ClassPlanes::of(probabilities, class.into(), first);

        // What a class can reach at most. Cropping makes background certain outside, so it comes first in any case.
        let reach = |class: u8| if class == 0 { f32::INFINITY } else { planes_of(class).largest(read) };
        let classes: Vec<u8> = (0..=255).take(probabilities.len_of(Axis(0))).collect();
        let mut order: Vec<(f32, u8)> = classes.par_iter().map(|&class| (reach(class), class)).collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0));

        let mut least = f32::NEG_INFINITY;
        for (reach, class) in order {
            // Blends may round a little beyond what they blend.
            if reach + 1e-6 * reach.abs() < least {
                break;
            }
            let values = self.on_scan(class == 0, planes_of(class), &boxes, &mut room.class);
            if class == 0 {
                room.best.clear();
                room.best.extend_from_slice(values);
                labels.fill(0);
            } else {
                least = keep_best(values, class, &mut room.best, labels);
            }
        }
    }

    /// One class's probabilities in a box of the scan.
    fn on_scan<'a>(
        &self,
        is_first: bool,
        planes: ClassPlanes<'a>,
        boxes: &[Option<PatchLocation>],
        room: &'a mut ClassRoom,
    ) -> &'a [f32] {
        let background = is_first && self.beyond == Beyond::Background;
        let mut source = match &boxes[boxes.len() - 1] {
            Some(read) => Some(cut(planes.values, planes.shape, &planes.place(read), &mut room.cut)),
            None => None,
        };
        for number in (0..self.undos.len()).rev() {
            let Some(to) = &boxes[number] else { continue };
            room.made.resize(to.n_voxels(), 0.0);
            let source = source.take().unwrap_or(&room.part);
            self.undos[number].make(background, source, boxes[number + 1].as_ref(), &mut room.made, to);
            std::mem::swap(&mut room.part, &mut room.made);
        }
        source.unwrap_or(&room.part)
    }
}

/// One class's probabilities in planes of the lattice after all steps.
#[derive(Clone, Copy)]
struct ClassPlanes<'a> {
    /// The first plane's place along i.
    first: usize,
    shape: [usize; 3],
    values: &'a [f32],
}

impl<'a> ClassPlanes<'a> {
    fn of(probabilities: ArrayView4<'a, f32>, class: usize, first: usize) -> Self {
        let (_, i, j, k) = probabilities.dim();
        let values = probabilities.index_axis_move(Axis(0), class).to_slice();
        Self { first, shape: [i, j, k], values: values.expect("the planes of a class lie together") }
    }

    /// A box of the lattice as one of these planes.
    fn place(&self, at: &PatchLocation) -> PatchLocation {
        let [i, j, k] = at.start;
        PatchLocation { start: [i - self.first as isize, j, k], ..*at }
    }

    /// The largest value in a box of the lattice.
    fn largest(&self, at: &PatchLocation) -> f32 {
        let [i, j, k] = self.place(at).start.map(|start| start as usize);
        let mut largest = f32::NEG_INFINITY;
        for i in i..i + at.shape[0] {
            for j in j..j + at.shape[1] {
                let row = &self.values[(i * self.shape[1] + j) * self.shape[2] + k..][..at.shape[2]];
                largest =
                    row.iter().fold(largest, |largest, &value| if value > largest { value } else { largest });
            }
        }
        largest
    }
}

/// Probabilities brought back whole through steps, the last one first.
fn whole(steps: &[Step], probabilities: Volume, lattices: &[Geometry], beyond: Beyond) -> Result<Volume> {
    if beyond == Beyond::Background {
        return invert_all(steps, probabilities, lattices);
    }
    // Steps know a background first: one goes along in front of the others.
    let [i, j, k] = probabilities.shape();
    let none = Array4::zeros((1, i, j, k));
    let with_none = ndarray::concatenate(Axis(0), &[none.view(), probabilities.data()])?;
    let back = invert_all(steps, Volume::new(with_none, probabilities.affine())?, lattices)?;
    let affine = back.affine();
    Volume::new(back.into_data().slice_move(ndarray::s![1.., .., .., ..]), affine)
}

/// Takes the class where it is more probable than the best so far; the lower class wins a tie. Gives the least of the
/// best.
fn keep_best(values: &[f32], class: u8, best: &mut [f32], labels: &mut [u8]) -> f32 {
    const CHUNK: usize = 1 << 16;
    let chunks = labels.par_chunks_mut(CHUNK).zip(best.par_chunks_mut(CHUNK)).zip(values.par_chunks(CHUNK));
    let least = chunks.map(|((labels, best), values)| {
        let mut least = f32::INFINITY;
        for ((label, best), &value) in labels.iter_mut().zip(best).zip(values) {
            if value > *best || (value == *best && class < *label) {
                *best = value;
                *label = class;
            }
            least = if *best < least { *best } else { least };
        }
        least
    });
    least.reduce(|| f32::INFINITY, f32::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clip, Crop, GrowingLabels, Pad, Reorient, Resample, Resize, ZScore, apply_all, label_map};
    use mis_core::{Affine, Preprocess, Sample, argmax, sample_rng};
    use proptest::prelude::*;
    use rand::Rng as _;

    /// A cube of ones in a frame of zeros.
    fn scan(shape: [usize; 3]) -> Sample {
        let affine =
            Affine::new([[0., 0., 0.8, 5.], [0., -0.8, 0., 6.], [-3., 0., 0., 7.], [0., 0., 0., 1.]])
                .unwrap();
        let [i, j, k] = shape;
        let inside = |at: [usize; 3]| (0..3).all(|axis| 1 < at[axis] && at[axis] + 2 < shape[axis]);
        let data = Array4::from_shape_fn((1, i, j, k), |(_, i, j, k)| f32::from(u8::from(inside([i, j, k]))));
        Sample { id: "a".into(), image: Volume::new(data, affine).unwrap(), labels: None }
    }

    #[derive(Debug)]
    struct Halves;

    /// Every second voxel along k.
    impl Preprocess for Halves {
        fn apply(&self, sample: Sample) -> Result<Sample> {
            let data = sample.image.data().slice_move(ndarray::s![.., .., .., ..;2]).to_owned();
            let affine = sample.image.affine().moved([0.0; 3], [1.0, 1.0, 2.0]);
            Ok(Sample { image: Volume::new(data, affine)?, ..sample })
        }

        fn invert(&self, probabilities: Volume, before: &Geometry) -> Result<Volume> {
            let [i, j, k] = before.shape;
            let data = probabilities.data();
            let shape = (probabilities.n_channels(), i, j, k);
            let back = Array4::from_shape_fn(shape, |(c, i, j, k)| data[(c, i, j, k / 2)]);
            Volume::new(back, before.affine)
        }
    }

    fn any_steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            Just(Step::from(Reorient { to: "RAS".parse().unwrap() })),
            Just(Step::from(Crop::default())),
            (0.5..4.0_f64).prop_map(|s| Step::from(Resample::to([s, 1.3, 0.7]))),
            (0.5..4.0_f64).prop_map(|s| Step::from(Resample::nnunet([s, 1.3, 0.7]))),
            (1..12_usize).prop_map(|n| Step::from(Resize::to([n, 7, 9]))),
            (1..9_usize).prop_map(|n| Step::from(Pad::divisible_by([n, 4, 4]))),
            Just(Step::from(ZScore::default())),
            Just(Step::from(Clip { min: 0.0, max: 0.5 })),
            Just(Step::custom(Halves)),
        ];
        proptest::collection::vec(step, 0..5)
    }

    proptest! {
        #[test]
        fn slab_by_slab_gives_what_the_whole_gives(
            steps in any_steps(), shape in [5..9_usize, 5..9, 5..9], seed in 0..1000_u64, memory in 0..20_000_usize,
        ) {
            let (input, lattices) = apply_all(&steps, scan(shape)).unwrap();
            let rng = &mut sample_rng(seed, 0, 0);
            let [i, j, k] = input.image.shape();
            // Few values, so that there are ties.
            let data = Array4::from_shape_simple_fn((3, i, j, k), || f32::from(rng.random_range(0..4_u8)) / 4.0);
            let probabilities = Volume::new(data, input.image.affine()).unwrap();
            let back = invert_all(&steps, probabilities.clone(), &lattices).unwrap();
            for beyond in [Beyond::Background, Beyond::Nothing] {
                let mut slabs = ScanSlabs::new(&steps, probabilities.clone(), &lattices, beyond).unwrap();
                prop_assert_eq!((slabs.geometry(), slabs.n_channels()), (back.geometry(), 3));
                // Of regions what was cropped away is nothing, and no other channel knows of a background.
                let first_channel = usize::from(beyond == Beyond::Nothing);
                for (channel, whole) in back.data().outer_iter().enumerate().skip(first_channel) {
                    for first in (0..shape[0]).step_by(2) {
                        let planes = first..shape[0].min(first + 2);
                        let expected = whole.slice(ndarray::s![planes.clone(), .., ..]);
                        let expected: Vec<f32> = expected.iter().copied().collect();
                        prop_assert_eq!(slabs.make(channel, planes), expected);
                    }
                }
            }
            let whole = argmax(&back);
            prop_assert_eq!(whole.shape(), shape);
            // Planes that come one by one are held no longer than a slab to come reads them.
            let growing = GrowingLabels::new(&steps, &input.image.geometry(), 3, &lattices, memory).unwrap();
            prop_assert_eq!(growing.is_none(), steps.iter().any(|step| matches!(step, Step::Custom(_))));
            if let Some(mut growing) = growing {
                for end in 1..=i {
                    let first = growing.reads_from().min(end - 1);
                    growing.take(first, probabilities.data().slice_move(ndarray::s![.., first..end, .., ..]));
                }
                prop_assert_eq!(growing.finish().unwrap(), whole.clone());
            }
            prop_assert_eq!(label_map(&steps, probabilities, &lattices, memory).unwrap(), whole);
        }
    }

    #[test]
    fn slabs_are_as_thick_as_the_memory_allows() {
        let scan = Geometry { shape: [100, 10, 10], affine: Affine::from_spacing([1.0; 3]) };
        let slabs = Slabs { undos: Vec::new(), scan, beyond: Beyond::Background };
        // Four values of 4 bytes for each of 100 voxels of a plane.
        assert_eq!([0, 1600, 3199, 3200, 1 << 30].map(|memory| slabs.thickness(memory)), [1, 1, 1, 2, 100]);
    }
}
