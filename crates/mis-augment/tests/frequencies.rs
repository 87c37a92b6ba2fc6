//! How often the presets' transforms happen, and with what parameters: those of their tables.

use mis_augment::{Augmentation, Sequence, Sometimes, miscnn, standard};
use mis_core::{Affine, PatchLocation, Sample, Volume, sample_rng};
use ndarray::Array4;

const N_DRAWS: u64 = 10_000;

/// A patch of two channels, small, since only draws are looked at.
fn patch() -> Sample {
    let image =
        Array4::from_shape_fn((2, 4, 4, 4), |(c, i, j, k)| ((c + i * 31 + j * 17 + k * 7) % 23) as f32);
    let image = Volume::new(image, Affine::from_spacing([1.0; 3])).expect("a volume");
    Sample { id: "a".into(), image, labels: None }
}

/// What the transform says in each of the draws in which it does something.
fn told(transform: &Augmentation) -> Vec<String> {
    let (patch, alone) = (patch(), Sequence::new([transform.clone()]));
    let whole = PatchLocation::whole(patch.image.shape());
    let told = |index| alone.apply_at_telling(&patch, &whole, &mut sample_rng(17, 0, index)).1;
    (0..N_DRAWS).flat_map(told).collect()
}

/// The numbers with a point in a line; seeds have none.
fn numbers(line: &str) -> Vec<f64> {
    line.split(|c: char| !(c.is_ascii_digit() || "-.e".contains(c)))
        .filter(|word| word.contains('.'))
        .filter_map(|word| word.parse().ok())
        .collect()
}

/// Fails where the exact probability, under Binomial(n, p), of a number as far out as `found` is below 1e-6.
#[track_caller]
fn check_binomial(found: usize, n: usize, p: f64, what: &str) {
    // log n! for the exact probabilities.
    let mut log_factorial = vec![0.0_f64];
    for k in 1..=n {
        log_factorial.push(log_factorial[k - 1] + (k as f64).ln());
    }
    let probability = |k: usize| {
        let ways = log_factorial[n] - log_factorial[k] - log_factorial[n - k];
        (ways + k as f64 * p.ln() + (n - k) as f64 * (1.0 - p).ln()).exp()
    };
    let below: f64 = (0..=found).map(probability).sum();
    let above: f64 = (found..=n).map(probability).sum();
    assert!(below.min(above) > 5e-7, "{what}: {found} of {n} under a probability of {p}");
}

#[track_caller]
fn check_range(values: &[f64], [lowest, highest]: [f64; 2], what: &str) {
    let slack = 1e-6 * highest; // f32 in the draw
    for value in values {
        assert!((lowest - slack..=highest + slack).contains(value), "{what} {value}");
    }
    // Uniform or two uniforms: none of 1000 draws in an outer twentieth has a probability below 1e-8.
    let (low, high) = (lowest + 0.05 * (highest - lowest), highest - 0.05 * (highest - lowest));
    assert!(
        values.iter().any(|&value| value < low) && values.iter().any(|&value| value > high),
        "{what} is narrow"
    );
}

/// One row of a preset's table.
struct Row {
    name: &'static str,
    p: f64,
    /// Of a channel, where it has one.
    channel_p: Option<f64>,
    range: [f64; 2],
    /// Whether half of the draws lie below 1.
    around_one: bool,
}

const fn row(name: &'static str, p: f64, range: [f64; 2]) -> Row {
    Row { name, p, channel_p: None, range, around_one: false }
}

#[track_caller]
fn check_table(Sequence(transforms): &Sequence, rows: &[Row]) {
    let sometimes: Vec<_> = transforms.iter().filter(|t| matches!(t, Augmentation::Sometimes(_))).collect();
    assert_eq!(sometimes.len(), rows.len());
    for (transform, row) in sometimes.into_iter().zip(rows) {
        let Augmentation::Sometimes(Sometimes { transform: inner, .. }) = transform else { unreachable!() };
        assert_eq!(inner.name(), row.name);
        let lines = told(transform);
        check_binomial(lines.len(), N_DRAWS as usize, row.p, row.name);
        let values: Vec<f64> = lines.iter().flat_map(|line| numbers(line)).collect();
        check_range(&values, row.range, row.name);
        if let Some(channel_p) = row.channel_p {
            let treated = lines.iter().map(|line| line.matches("Some").count()).sum();
            check_binomial(treated, 2 * lines.len(), channel_p, row.name);
        }
        if row.around_one {
            let below = values.iter().filter(|&&value| value < 1.0).count();
            check_binomial(below, values.len(), 0.5, row.name);
        }
    }
}

#[test]
fn those_of_the_standard_preset_are_nnunets() {
    let around_one = |name, p, range| Row { around_one: true, ..row(name, p, range) };
    let of_channels = |name, p, range| Row { channel_p: Some(0.5), ..row(name, p, range) };
    let rows = [
        row("gaussian-noise", 0.1, [0.0, 0.1]),
        of_channels("gaussian-blur", 0.2, [0.5, 1.0]),
        around_one("brightness", 0.15, [0.75, 1.25]),
        around_one("contrast", 0.15, [0.75, 1.25]),
        of_channels("low-resolution", 0.25, [0.5, 1.0]),
        around_one("gamma", 0.1, [0.7, 1.5]),
        around_one("gamma", 0.3, [0.7, 1.5]),
    ];
    check_table(&standard(), &rows);
    let Some(Augmentation::Mirror(mirror)) = standard().0.pop() else { panic!("mirroring comes last") };
    for axis in 0..3 {
        let mirrored = (0..N_DRAWS).filter(|&index| mirror.draw(&mut sample_rng(23, 0, index))[axis]).count();
        check_binomial(mirrored, N_DRAWS as usize, 0.5, "mirror");
    }
}

#[test]
fn those_of_the_miscnn_preset_are_miscnns() {
    let around_one = |name, range| Row { around_one: true, ..row(name, 0.15, range) };
    let rows = [
        around_one("contrast", [0.3, 3.0]),
        row("brightness", 0.15, [0.5, 2.0]),
        around_one("gamma", [0.7, 1.5]),
        row("gaussian-noise", 0.15, [0.0, 0.05]),
    ];
    check_table(&miscnn(), &rows);
}

#[test]
fn changes_of_place_are_as_frequent_and_as_large_as_the_tables_say() {
    for (preset, p, limit, scale, half_below_one) in
        [(standard(), 0.2, 30.0, [0.7, 1.4], 3.0 / 7.0), (miscnn(), 0.15, 15.0, [0.85, 1.25], 0.5)]
    {
        let Some(Augmentation::Spatial(spatial)) = preset.0.first() else {
            panic!("changes of place come first")
        };
        let draws: Vec<_> =
            (0..N_DRAWS).map(|index| spatial.draw([128; 3], &mut sample_rng(5, 0, index))).collect();
        let turned: Vec<_> = draws.iter().filter(|draw| draw.degrees != [0.0; 3]).collect();
        let scaled: Vec<_> = draws.iter().filter(|draw| draw.scale != [1.0; 3]).collect();
        check_binomial(turned.len(), N_DRAWS as usize, p, "rotation");
        check_binomial(scaled.len(), N_DRAWS as usize, p, "scaling");
        let both = turned.iter().filter(|draw| draw.scale != [1.0; 3]).count();
        check_binomial(both, N_DRAWS as usize, p * p, "rotation and scaling");
        for axis in 0..3 {
            let angles: Vec<f64> = turned.iter().map(|draw| draw.degrees[axis]).collect();
            check_range(&angles, [-limit, limit], "angle");
            check_binomial(
                angles.iter().filter(|angle| angle.abs() > limit / 2.0).count(),
                angles.len(),
                0.5,
                "an angle beyond half of the largest",
            );
        }
        let scales: Vec<f64> = scaled.iter().map(|draw| draw.scale[0]).collect();
        check_range(&scales, scale, "scale");
        let below = scales.iter().filter(|&&scale| scale < 1.0).count();
        check_binomial(below, scales.len(), half_below_one, "a scale below 1");
        assert!(
            draws.iter().all(|draw| draw.elastic.is_none() && draw.shift == [0; 3] && draw.shear == [0.0; 3])
        );
    }
}

#[test]
fn what_is_told_is_what_is_done() {
    let patch = patch();
    let whole = PatchLocation::whole(patch.image.shape());
    for index in 0..50 {
        let rng = || sample_rng(31, 0, index);
        let (told_of, lines) = standard().apply_at_telling(&patch, &whole, &mut rng());
        let silent = mis_core::Transform::apply_at(&standard(), &patch, &whole, &mut rng());
        assert_eq!(told_of, silent);
        assert!(lines.iter().all(|line| line.contains(": ")), "{lines:?}");
        let mirrored = lines.iter().any(|line| line.starts_with("mirror: ") && line.contains("true"));
        assert!(lines.len() > 1 || mirrored || told_of == patch, "a change is told of");
    }
}
