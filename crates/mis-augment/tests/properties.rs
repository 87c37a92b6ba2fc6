//! What holds for every draw.

use mis_augment::{
    Augment, Augmentation, BiasField, BrightnessShift, ChannelDropout, CutOut, Elastic, Factor, Ghosting,
    HistogramShift, LowResolution, Mirror, Motion, MultiplicativeNoise, OneOf, Order, Outside, PerChannel,
    RicianNoise, Rot90, Rotation, ScaleAxes, Sequence, Sharpen, Slicewise, Sometimes, Spatial, SpatialDraw,
    Strength, Transpose, miscnn, standard,
};
use mis_core::{Affine, IGNORE, LabelMap, PatchLocation, Sample, SampleRng, Transform, Volume, sample_rng};
use ndarray::{Array3, Array4, Axis, s};
use proptest::prelude::*;

/// Two channels, and labels 1, 3 and 4 but no background.
fn scan([n_i, n_j, n_k]: [usize; 3]) -> Sample {
    let affine = Affine::from_spacing([3.0, 0.8, 0.8]);
    let image =
        Array4::from_shape_fn((2, n_i, n_j, n_k), |(c, i, j, k)| (c + (i * 31 + j * 17 + k * 7) % 23) as f32);
    let labels = Array3::from_shape_fn((n_i, n_j, n_k), |(i, j, k)| [1, 3, 4][(i / 2 + j / 3 + k / 2) % 3]);
    sample(image, labels, affine)
}

fn sample(image: Array4<f32>, labels: Array3<u8>, affine: Affine) -> Sample {
    Sample {
        id: "a".into(),
        image: Volume::new(image, affine).expect("a volume"),
        labels: Some(LabelMap::new(labels, affine).expect("a label map")),
    }
}

/// Every transform of the chain in every draw.
fn always(Sequence(transforms): Sequence) -> Sequence {
    Sequence::new(transforms.into_iter().map(|transform| match transform {
        Augmentation::Sometimes(Sometimes { transform, .. }) => *transform,
        Augmentation::Spatial(spatial) => Spatial { rotation_p: 1.0, scale_p: 1.0, ..spatial }.into(),
        other => other,
    }))
}

/// Every change of place at once.
fn all_moves() -> Spatial {
    Spatial {
        rotation_p: 1.0,
        scale_axes: ScaleAxes::Each,
        scale_p: 1.0,
        shear_p: 1.0,
        elastic: Elastic { sigma: [2.0, 4.0], strength: Strength::Largest([0.5, 2.0]) },
        elastic_p: 1.0,
        shift: [1, 2, 3],
        shift_p: 1.0,
        ..Spatial::default()
    }
}

/// Every transform of the crate, those of the presets aside.
fn the_others() -> Sequence {
    Sequence::new([
        all_moves().into(),
        Rot90::default().into(),
        Transpose::default().into(),
        BrightnessShift::default().into(),
        HistogramShift::default().into(),
        RicianNoise::default().into(),
        MultiplicativeNoise::default().into(),
        PerChannel::new(0.5, Sharpen::default()).into(),
        BiasField::default().into(),
        OneOf::new([Ghosting::default().into(), Motion::default().into()]).into(),
        CutOut::default().into(),
        ChannelDropout::default().into(),
    ])
}

proptest! {
    #[test]
    fn labels_get_no_class_but_background_and_shape_and_lattice_stay(
        seed in 0..1000_u64, extent in [1..9_usize, 1..9, 1..9],
        shape in [1..9_usize, 1..9, 1..9], start in [-4..4_isize, -4..4, -4..4],
    ) {
        let (scan, at) = (scan(extent), PatchLocation { start, shape });
        for chain in [always(standard()), always(miscnn()), the_others()] {
            let patch = chain.apply_at(&scan, &at, &mut sample_rng(seed, 0, 0));
            prop_assert_eq!(patch.image.geometry(), scan.cut(&at).image.geometry());
            prop_assert_eq!(patch.check_geometry(), Ok(()));
            prop_assert!(patch.image.as_slice().iter().all(|v| v.is_finite()));
            prop_assert!(patch.labels.expect("labels").as_slice().iter().all(|label| [0, 1, 3, 4].contains(label)));
        }
    }

    #[test]
    fn a_patch_that_reads_inside_the_scan_has_no_background(seed in 0..1000_u64) {
        let (scan, at) = (scan([40; 3]), PatchLocation { start: [14; 3], shape: [12; 3] });
        for chain in [always(standard()), the_others()] {
            let patch = chain.apply_at(&scan, &at, &mut sample_rng(seed, 0, 0));
            prop_assert!(!patch.labels.expect("labels").as_slice().contains(&0));
        }
    }

    #[test]
    fn mirroring_is_a_permutation_and_its_own_inverse(
        seed in 0..1000_u64, shape in [1..6_usize, 1..6, 1..6],
    ) {
        let before = scan(shape);
        let mirrored = Mirror::default().draw(&mut sample_rng(seed, 0, 0));
        let after = Mirror::default().apply_drawn(before.clone(), &mirrored);
        for ((c, i, j, k), value) in after.image.data().indexed_iter() {
            let from: [usize; 3] = std::array::from_fn(|axis| {
                let at = [i, j, k][axis];
                if mirrored[axis] { shape[axis] - 1 - at } else { at }
            });
            prop_assert_eq!(*value, before.image.data()[(c, from[0], from[1], from[2])]);
            let labels = [&after, &before].map(|sample| sample.labels.as_ref().expect("labels").data());
            prop_assert_eq!(labels[0][(i, j, k)], labels[1][from]);
        }
        prop_assert_eq!(Mirror::default().apply_drawn(after, &mirrored), before);
    }

    #[test]
    fn quarter_turns_are_permutations_and_undone_by_those_that_are_left(
        seed in 0..1000_u64, n in 1..6_usize, slices in 1..6_usize,
    ) {
        for shape in [[n, n, n], [slices, n, n], [n, n, slices]] {
            let (before, turns) = (scan(shape), Rot90 { slicewise: Slicewise::Never, ..Rot90::default() });
            let quarters = turns.draw(shape, &mut sample_rng(seed, 0, 0));
            let mut after = turns.apply_drawn(before.clone(), &quarters);
            prop_assert_eq!(sorted(&after), sorted(&before));
            prop_assert_eq!(after.check_geometry(), Ok(()));
            // Backwards: about k first, then j, then i.
            for axis in [2, 1, 0] {
                let mut back = [0; 3];
                back[axis] = (4 - quarters[axis]) % 4;
                after = turns.apply_drawn(after, &back);
            }
            prop_assert_eq!(after, before);
        }
    }

    #[test]
    fn exchanged_axes_are_where_the_draw_says(seed in 0..1000_u64, n in 1..6_usize, slices in 1..6_usize) {
        for shape in [[n, n, n], [slices, n, n], [n, slices, n]] {
            let (before, exchange) = (scan(shape), Transpose::default());
            let axes = exchange.draw(shape, &mut sample_rng(seed, 0, 0));
            let after = exchange.apply_drawn(before.clone(), &axes);
            prop_assert_eq!(after.image.shape(), shape);
            for ((c, i, j, k), value) in after.image.data().indexed_iter() {
                let mut from = [0; 3];
                for (place, axis) in axes.into_iter().enumerate() {
                    from[axis] = [i, j, k][place];
                }
                prop_assert_eq!(*value, before.image.data()[(c, from[0], from[1], from[2])]);
                let labels = [&after, &before].map(|sample| sample.labels.as_ref().expect("labels").data());
                prop_assert_eq!(labels[0][(i, j, k)], labels[1][from]);
            }
        }
    }

    #[test]
    fn a_shift_alone_is_the_patch_farther_on_to_the_bit(seed in 0..1000_u64) {
        let (scan, at) = (scan([9, 10, 11]), PatchLocation { start: [1, -2, 3], shape: [6, 7, 8] });
        let shifts = Spatial {
            shift: [3, 4, 5], shift_p: 1.0, rotation_p: 0.0, scale_p: 0.0, outside: Outside::Ignore, ..Spatial::default()
        };
        let draw = shifts.draw(at.shape, &mut sample_rng(seed, 0, 0));
        prop_assert!((0..3).all(|axis| draw.shift[axis].unsigned_abs() <= [3, 4, 5][axis]));
        let patch = shifts.apply_drawn(&scan, &at, &draw);
        let start = std::array::from_fn(|axis| at.start[axis] + draw.shift[axis]);
        let expected = scan.cut_filled(&PatchLocation { start, ..at }, shifts.fill, IGNORE);
        prop_assert_eq!(patch.image.as_slice(), expected.image.as_slice());
        let labels = |sample: &Sample| sample.labels.as_ref().expect("labels").as_slice().to_vec();
        prop_assert_eq!(labels(&patch), labels(&expected));
        prop_assert_eq!(patch.image.geometry(), scan.cut(&at).image.geometry());
    }
}

/// Grey values and labels, whatever their places.
fn sorted(sample: &Sample) -> (Vec<f32>, Vec<u8>) {
    let mut values = sample.image.as_slice().to_vec();
    values.sort_by(f32::total_cmp);
    let mut labels = sample.labels.as_ref().expect("labels").as_slice().to_vec();
    labels.sort_unstable();
    (values, labels)
}

#[test]
fn a_quarter_turn_about_k_takes_i_to_j() {
    let before = scan([4, 4, 2]);
    let after = Rot90::default().apply_drawn(before.clone(), &[0, 0, 1]);
    for ((c, i, j, k), value) in before.image.data().indexed_iter() {
        assert_eq!(*value, after.image.data()[(c, 3 - j, i, k)]);
    }
}

#[test]
fn beyond_the_scan_labels_can_be_left_out() {
    let scan = scan([20; 3]);
    let at = PatchLocation { start: [-6, 4, 4], shape: [12; 3] };
    for (moved, spatial) in
        [(false, Spatial { rotation_p: 0.0, scale_p: 0.0, ..all_moves() }), (true, all_moves())]
    {
        let none =
            if moved { spatial } else { Spatial { shear_p: 0.0, elastic_p: 0.0, shift_p: 0.0, ..spatial } };
        let ignoring = Spatial { outside: Outside::Ignore, ..none };
        let labels = |spatial: Spatial| {
            spatial.apply_at(&scan, &at, &mut sample_rng(4, 0, 0)).labels.expect("labels").as_slice().to_vec()
        };
        // The scan has no background of its own.
        let (background, ignored) = (labels(none), labels(ignoring));
        assert!(background.contains(&0) && !ignored.contains(&0));
        for (a, b) in background.iter().zip(&ignored) {
            assert_eq!(*b, if *a == 0 { IGNORE } else { *a });
        }
    }
}

#[test]
fn a_draw_without_rotation_and_scaling_is_the_plain_patch_to_the_bit() {
    let (scan, at) = (scan([7, 8, 9]), PatchLocation { start: [-2, 1, 3], shape: [6, 5, 8] });
    let never = Spatial { rotation_p: 0.0, scale_p: 0.0, ..Spatial::default() };
    assert_eq!(never.apply_at(&scan, &at, &mut sample_rng(1, 0, 0)), scan.cut(&at));
    assert_eq!(never.apply(scan.clone(), &mut sample_rng(1, 0, 0)), scan);
    assert_eq!(Augment::None.apply_at(&scan, &at, &mut sample_rng(1, 0, 0)), scan.cut(&at));
}

#[test]
fn a_turned_patch_is_read_from_the_scan_around_it() {
    // A linear image is the same linear function of the place wherever it is read.
    let value = |at: [f64; 3]| 2.0 * at[0] - at[1] + 0.5 * at[2];
    let image =
        Array4::from_shape_fn((1, 60, 60, 60), |(_, i, j, k)| value([i as f64, j as f64, k as f64]) as f32);
    let scan = sample(image, Array3::zeros((60, 60, 60)), Affine::from_spacing([1.0; 3]));
    let at = PatchLocation { start: [20, 21, 22], shape: [17, 18, 19] };
    let draw = SpatialDraw {
        degrees: [20.0, -30.0, 25.0],
        scale: [1.2, 1.1, 0.9],
        shear: [5.0, -8.0, 10.0],
        ..SpatialDraw::IDENTITY
    };
    let map = draw.map(&at);
    assert_eq!(map.source([8.0, 8.5, 9.0]).map(f64::round), [28.0, 30.0, 31.0], "the center stays");
    for image in [Order::Linear, Order::Cubic] {
        let patch = Spatial { image, ..Spatial::default() }.apply_drawn(&scan, &at, &draw);
        for ((_, i, j, k), &found) in patch.image.data().indexed_iter() {
            let expected = value(map.source([i as f64, j as f64, k as f64]));
            // f32 at values up to 150.
            assert!((f64::from(found) - expected).abs() < 1e-3, "at {:?}: {expected}, {found}", [i, j, k]);
        }
    }
}

#[test]
fn a_smooth_image_comes_back_from_a_turn_and_its_reverse() {
    let bump = |axis: usize, sigma: f32| (-0.5 * ((axis as f32 - 19.5) / sigma).powi(2)).exp();
    let image =
        Array4::from_shape_fn((1, 40, 40, 40), |(_, i, j, k)| bump(i, 6.0) * bump(j, 5.0) * bump(k, 7.0));
    let before = sample(image, Array3::zeros((40, 40, 40)), Affine::from_spacing([1.0; 3]));
    let whole = PatchLocation::whole([40; 3]);
    // Linear interpolation flattens the top, twice, by about a quarter of the second difference 1/5² + 1/6² + 1/7².
    for (image, tolerance) in [(Order::Linear, 0.025), (Order::Cubic, 5e-4)] {
        for axis in 0..3 {
            let turn = |degrees| {
                let mut draw = SpatialDraw::IDENTITY;
                draw.degrees[axis] = degrees;
                draw
            };
            let spatial = Spatial { image, ..Spatial::default() };
            let back =
                spatial.apply_drawn(&spatial.apply_drawn(&before, &whole, &turn(25.0)), &whole, &turn(-25.0));
            for ((_, i, j, k), found) in back.image.data().indexed_iter() {
                let place = [i, j, k];
                // Beyond the inscribed ball a turn reads outside the image.
                if place.iter().map(|&at| (at as f32 - 19.5).powi(2)).sum::<f32>() < 18.0 * 18.0 {
                    let error = (found - before.image.data()[(0, i, j, k)]).abs();
                    assert!(error < tolerance, "{image:?} about axis {axis} at {place:?}: {error}");
                }
            }
        }
    }
}

#[test]
fn image_and_labels_move_together() {
    let inside = |at: [usize; 3]| (0..3).all(|axis| at[axis].abs_diff([25, 18, 22][axis]) < [6, 4, 8][axis]);
    let image = Array4::from_shape_fn((1, 40, 40, 40), |(_, i, j, k)| f32::from(u8::from(inside([i, j, k]))));
    let labels = image.index_axis(Axis(0), 0).mapv(|v| v as u8);
    let scan = sample(image, labels, Affine::from_spacing([1.0; 3]));
    for index in 0..20 {
        let at = PatchLocation { start: [5; 3], shape: [30; 3] };
        let mirrored = Sequence::new([all_moves().into(), Mirror::default().into(), Rot90::default().into()]);
        let patch = mirrored.apply_at(&scan, &at, &mut sample_rng(3, 0, index));
        for (value, label) in patch.image.as_slice().iter().zip(patch.labels.expect("labels").as_slice()) {
            // The share of a mask, interpolated linearly, is the image itself.
            assert!(
                (value - 0.5).abs() < 1e-5 || (*value > 0.5) == (*label == 1),
                "{value} has label {label}"
            );
        }
    }
}

#[test]
fn angles_scales_and_their_frequencies_are_those_of_the_table() {
    let draws = |spatial: Spatial, shape| -> Vec<SpatialDraw> {
        (0..10_000).map(|index| spatial.draw(shape, &mut sample_rng(5, 0, index))).collect()
    };
    let cube = draws(Spatial::default(), [128; 3]);
    let turned: Vec<_> = cube.iter().filter(|draw| draw.degrees != [0.0; 3]).collect();
    let scaled: Vec<_> = cube.iter().filter(|draw| draw.scale != [1.0; 3]).collect();
    let both = turned.iter().filter(|draw| draw.scale != [1.0; 3]).count();
    // Binomial(10 000, p): five standard deviations.
    assert!(turned.len().abs_diff(2000) < 200, "{} turned", turned.len());
    assert!(scaled.len().abs_diff(2000) < 200, "{} scaled", scaled.len());
    assert!(both.abs_diff(400) < 98, "{both} turned and scaled");
    for axis in 0..3 {
        let angles: Vec<_> = turned.iter().map(|draw| draw.degrees[axis]).collect();
        assert!(angles.iter().all(|angle| angle.abs() <= 30.0));
        let beyond = angles.iter().filter(|angle| angle.abs() > 15.0).count();
        assert!(beyond.abs_diff(turned.len() / 2) < 112, "{beyond} of {} beyond 15 degrees", turned.len());
    }
    let smaller = scaled.iter().filter(|draw| draw.scale[0] < 1.0).count() as f64 / scaled.len() as f64;
    assert!((smaller - 3.0 / 7.0).abs() < 0.056, "a share of {smaller} below 1");
    assert!(
        scaled.iter().all(|draw| draw.scale == [draw.scale[0]; 3] && (0.7..=1.4).contains(&draw.scale[0]))
    );

    let slices = draws(Spatial::default(), [24, 128, 128]);
    assert!(slices.iter().all(|draw| draw.degrees[1..] == [0.0; 2] && draw.scale[0] == 1.0));
    assert!(slices.iter().any(|draw| draw.degrees[0].abs() > 170.0));
}

#[test]
fn a_flat_patch_moves_within_its_slices() {
    let slice = Array3::from_shape_fn((9, 20, 20), |(i, ..)| i as u8);
    let image = slice.mapv(f32::from).insert_axis(Axis(0));
    let stack = sample(image, slice, Affine::from_spacing([9.0, 1.0, 1.0]));
    let spatial = Spatial {
        rotation: Rotation::UpTo(30.0),
        rotation_p: 1.0,
        scale: Factor::Uniform([0.5, 0.6]),
        scale_p: 1.0,
        slicewise: Slicewise::Beyond(2.0),
        ..Spatial::default()
    };
    let turned = spatial.apply(stack.clone(), &mut sample_rng(1, 0, 0));
    let centers = |sample: &Sample| sample.image.data().slice(s![0, .., 8..12, 8..12]).to_owned();
    assert_eq!(centers(&turned), centers(&stack));
}

#[test]
fn one_draw_is_one_patch_for_any_number_of_threads() {
    let (scan, at) = (scan([40, 41, 42]), PatchLocation { start: [2, -3, 4], shape: [33, 34, 35] });
    let patch = |n_threads, index| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().expect("threads");
        pool.install(|| always(standard()).apply_at(&scan, &at, &mut sample_rng(9, 1, index)))
    };
    for index in 0..3 {
        assert_eq!(patch(1, index), patch(3, index));
        let others = |n_threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().expect("threads");
            pool.install(|| the_others().apply_at(&scan, &at, &mut sample_rng(9, 1, index)))
        };
        assert_eq!(others(1), others(3));
    }
    assert_ne!(patch(1, 0), patch(1, 1));
}

#[test]
fn low_resolution_leaves_values_within_their_range_and_labels_alone() {
    let before = scan([16, 17, 18]);
    let after = LowResolution::default().apply_drawn(before.clone(), &[Some(0.5), None]);
    assert_eq!(after.labels, before.labels);
    let channels = |sample: &Sample| -> Vec<Vec<f32>> {
        sample.image.as_slice().chunks(16 * 17 * 18).map(<[f32]>::to_vec).collect()
    };
    assert_ne!(channels(&after)[0], channels(&before)[0]);
    assert!(channels(&after)[0].iter().all(|v| (0.0..=22.0).contains(v)));
    assert_eq!(channels(&after)[1], channels(&before)[1]);
}

#[derive(Debug)]
struct Set(f32);

impl Transform for Set {
    fn apply(&self, mut sample: Sample, _: &mut SampleRng) -> Sample {
        sample.image.as_slice_mut().fill(self.0);
        sample
    }
}

#[test]
fn combinators_keep_to_their_probabilities() {
    let rare = Sometimes::new(0.15, Augmentation::custom(Set(-1.0)));
    let either = OneOf::new([-1.0, -2.0, -3.0, -4.0].map(|value| Augmentation::custom(Set(value))));
    let voxel = scan([1; 3]);
    let draw = |transform: &dyn Transform, index| {
        transform.apply(voxel.clone(), &mut sample_rng(11, 0, index)).image.as_slice()[0]
    };
    let n_rare = (0..10_000).filter(|&index| draw(&rare, index) == -1.0).count();
    assert!(n_rare.abs_diff(1500) < 179, "{n_rare} of 10000"); // five standard deviations
    for value in [-1.0, -2.0, -3.0, -4.0] {
        let n = (0..10_000).filter(|&index| draw(&either, index) == value).count();
        assert!(n.abs_diff(2500) < 217, "{n} of 10000 are {value}");
    }
}
