//! Losses on the formula input of MIScnn's reference values, against other libraries, and their gradients.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tch::{Device, Kind, Tensor};

use super::*;

/// Batch 2, 3 classes, a grid of 4 × 3 or 4 × 3 × 5: labels (b + x + 2y + 3z) mod 3, logits
/// sin(1 + b + 2x + 3y + 5z + 7c).
fn reference_input(n_z: Option<i64>) -> (Tensor, Tensor) {
    let (mut logits, mut labels) = (Vec::new(), Vec::new());
    let cells =
        || (0..4).flat_map(|x| (0..3).flat_map(move |y| (0..n_z.unwrap_or(1)).map(move |z| (x, y, z))));
    for b in 0..2_i64 {
        labels.extend(cells().map(|(x, y, z)| (b + x + 2 * y + 3 * z) % 3));
        for c in 0..3 {
            logits.extend(
                cells().map(|(x, y, z)| ((1 + b + 2 * x + 3 * y + 5 * z + 7 * c) as f64).sin() as f32),
            );
        }
    }
    let space: Vec<i64> = [4, 3].into_iter().chain(n_z).collect();
    let shape = |front: &[i64]| [front, &space].concat();
    (Tensor::from_slice(&logits).reshape(shape(&[2, 3])), Tensor::from_slice(&labels).reshape(shape(&[2])))
}

/// The same with class 0 against the rest.
fn binary_input(n_z: Option<i64>) -> (Tensor, Tensor) {
    let (logits, target) = reference_input(n_z);
    let p = logits.softmax(1, Kind::Float).select(1, 0);
    let rest: Tensor = 1.0 - &p;
    (Tensor::stack(&[p.log(), rest.log()], 1), target.gt(0).to_kind(Kind::Int64))
}

fn value(loss: &dyn Loss, (logits, target): &(Tensor, Tensor)) -> f64 {
    loss.forward(logits, target).double_value(&[])
}

#[track_caller]
fn check(loss: &dyn Loss, input: fn(Option<i64>) -> (Tensor, Tensor), in_2d: f64, in_3d: f64) {
    for (n_z, expected) in [(None, in_2d), (Some(5), in_3d)] {
        let value = value(loss, &input(n_z));
        assert!((value - expected).abs() < 1e-5, "{loss:?}: expected {expected}, found {value}");
    }
}

/// Values of MIScnn 1.4.0 (TensorFlow, f32); of vectors per patch the mean.
#[test]
fn losses_have_the_values_of_miscnn() {
    let check = |loss: &dyn Loss, in_2d, in_3d| check(loss, reference_input, in_2d, in_3d);
    let everything = SoftDice { over: DiceOver::Everything, ..SoftDice::default() };
    check(&everything, 1.0 - 0.289_994, 1.0 - 0.332_769);
    check(&SoftDice::default(), 1.0 - 0.290_659, 1.0 - 0.332_616);
    let weighted_2d = [0.245_201, 0.702_674, 1.346_416, 0.237_332, 0.694_427, 0.905_065];
    let weighted_3d = [0.337_664, 0.645_926, 1.361_189, 0.335_308, 0.645_607, 1.346_654];
    let mean = |terms: [f64; 6]| 1.0 - terms.iter().sum::<f64>() / 2.0 / 7.0;
    check(&WeightedDice::new(&[1.0, 2.0, 4.0]), mean(weighted_2d), mean(weighted_3d));
    check(&DiceCrossEntropy::default(), 2.009_448, 1.841_357);
    check(&Tversky::default(), (2.066_860 + 2.189_190) / 2.0, (1.999_077 + 2.005_226) / 2.0);
    let tversky_ce = TverskyCrossEntropy::default();
    check(&tversky_ce, (3.366_967 + 3.489_298) / 2.0, (3.173_050 + 3.179_199) / 2.0);
    check(&FocalTversky::default(), 0.772_760, 0.738_350);
    check(&Focal { alpha: Some(vec![0.25; 3]), gamma: 2.0 }, 0.179_491, 0.150_887);
    check(&CrossEntropy::default(), 2.009_448 - (1.0 - 0.290_659), 1.841_357 - (1.0 - 0.332_616));
}

/// In 3-D with the class axis as it should be.
#[test]
fn losses_of_two_classes_have_the_values_of_miscnn() {
    let check = |loss: &dyn Loss, in_2d, in_3d| check(loss, binary_input, in_2d, in_3d);
    let focal = |symmetry| ModifiedFocal { symmetry, ..ModifiedFocal::default() };
    let tversky = |symmetry| ModifiedFocalTversky { symmetry, ..ModifiedFocalTversky::default() };
    let unified = |symmetry| UnifiedFocal { symmetry, ..UnifiedFocal::default() };
    check(&SoftDice::default(), 1.0 - 0.425_857, 1.0 - 0.498_335);
    check(&Tversky::default(), (1.135_350 + 1.161_225) / 2.0, (1.001_425 + 1.005_235) / 2.0);
    check(&focal(Symmetry::Symmetric), 0.141_185, 0.104_124);
    check(&focal(Symmetry::Asymmetric), 0.334_091, 0.272_973);
    check(&tversky(Symmetry::Symmetric), 0.861_925, 0.833_250);
    check(&tversky(Symmetry::Asymmetric), 0.774_069, 0.713_035);
    check(&unified(Symmetry::Symmetric), 0.529_464, 0.473_333);
    check(&unified(Symmetry::Asymmetric), 0.536_635, 0.467_873);
    check(&Combo::default(), -0.033_025, -0.101_980);
}

/// Values of MONAI, PyTorch and nnU-Net, written by `data-fixtures/models/loss_reference.py`.
#[test]
fn losses_have_the_values_of_other_libraries() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data-fixtures/models/loss_reference.json");
    let reference: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let (logits, target) = reference_input(Some(5));
    let check = |name: &str, loss: &dyn Loss, logits: &Tensor, target: &Tensor| {
        let (found, expected) =
            (loss.forward(logits, target).double_value(&[]), reference[name].as_f64().unwrap());
        assert!((found - expected).abs() < 1e-5, "{name}: expected {expected}, found {found}");
    };
    check("generalized-dice", &GeneralizedDice::default(), &logits, &target);
    check("jaccard", &Jaccard::default(), &logits, &target);
    let weighted = CrossEntropy { weights: Some(vec![0.5, 1.0, 3.0]) };
    check("weighted-cross-entropy", &weighted, &logits, &target);
    check("top-k", &TopKCrossEntropy::default(), &logits, &target);
    check("nnunet", &DiceCrossEntropy::foreground(), &logits, &target);
    let over_batch = SoftDice { over: DiceOver::Batch, ..SoftDice::foreground() };
    let over_batch = DiceCrossEntropy { dice: over_batch, ..DiceCrossEntropy::default() };
    check("nnunet-batch-dice", &over_batch, &logits, &target);
    let ignored = target.copy();
    let _ = ignored.narrow(1, 0, 1).fill_(i64::from(IGNORED));
    check("nnunet-ignored", &DiceCrossEntropy::foreground(), &logits, &ignored);
    let regions = Regions {
        regions: Some(vec![vec![1, 2], vec![2]]),
        loss: Box::new(DiceCrossEntropy::default().into()),
    };
    check("nnunet-regions", &regions, &logits.narrow(1, 0, 2), &target);
    check("hausdorff", &Hausdorff { alpha: 2.0, erosions: 3 }, &(logits * 6.0), &target);
}

/// Every loss, in the forms that take different ways.
fn all() -> Vec<AnyLoss> {
    let dice = |over| SoftDice { over, ..SoftDice::foreground() };
    vec![
        Tversky { alpha: 0.3, beta: 0.7, smooth: 1e-6 }.into(),
        TverskyCrossEntropy::default().into(),
        SoftDice::default().into(),
        dice(DiceOver::Batch).into(),
        dice(DiceOver::Everything).into(),
        WeightedDice::new(&[0.0, 1.0, 2.0]).into(),
        GeneralizedDice::default().into(),
        DiceCrossEntropy::default().into(),
        Jaccard::default().into(),
        CrossEntropy::default().into(),
        CrossEntropy { weights: Some(vec![1.0, 2.0, 0.5]) }.into(),
        TopKCrossEntropy { fraction: 0.3 }.into(),
        Focal { alpha: Some(vec![0.2, 0.3, 0.5]), gamma: 1.5 }.into(),
        FocalTversky::default().into(),
        ModifiedFocal { symmetry: Symmetry::Symmetric, ..ModifiedFocal::default() }.into(),
        ModifiedFocal::default().into(),
        ModifiedFocalTversky { symmetry: Symmetry::Symmetric, ..ModifiedFocalTversky::default() }.into(),
        ModifiedFocalTversky::default().into(),
        UnifiedFocal::default().into(),
        Combo::default().into(),
        Hausdorff { alpha: 2.0, erosions: 3 }.into(),
        WeightedSum::of([(0.5, AnyLoss::from(Jaccard::default())), (2.0, CrossEntropy::default().into())])
            .into(),
        Regions { regions: None, loss: Box::new(TverskyCrossEntropy::default().into()) }.into(),
        Regions { regions: None, loss: Box::new(UnifiedFocal::default().into()) }.into(),
        Regions {
            regions: Some(vec![vec![1, 2], vec![1], vec![2]]),
            loss: Box::new(Focal::default().into()),
        }
        .into(),
        Regions { regions: None, loss: Box::new(GeneralizedDice::default().into()) }.into(),
        DeepSupervision::of(DiceCrossEntropy::default()).into(),
    ]
}

#[test]
fn gradients_agree_with_finite_differences_in_double_precision() {
    for loss in all() {
        let (logits, target) = reference_input(Some(5));
        // Larger errors, so that the Hausdorff loss has something left to erode, and no two voxels alike.
        let unlike =
            Tensor::arange(logits.numel() as i64, (Kind::Double, Device::Cpu)).sin().view_as(&logits);
        let logits = logits.to_kind(Kind::Double) * 6.0 + unlike * 0.1;
        let ignored = target.copy();
        let _ = ignored.narrow(1, 0, 1).fill_(i64::from(IGNORED));
        for target in [target, ignored] {
            let mut logits = logits.detach().set_requires_grad(true);
            logits.zero_grad();
            loss.forward(&logits, &target).backward();
            let gradient = logits.grad();
            assert!(gradient.abs().max().double_value(&[]) > 1e-6, "{loss:?} has no gradient");
            let _no_grad = tch::no_grad_guard();
            for at in 0..logits.numel() as i64 {
                if at % 13 != 0 {
                    continue;
                }
                let step = 1e-6;
                let nudged = |by: f64| {
                    let moved = logits.detach().copy();
                    let _ = moved.view(-1).narrow(0, at, 1).f_add_scalar_(by).unwrap();
                    loss.forward(&moved, &target).double_value(&[])
                };
                let expected = (nudged(step) - nudged(-step)) / (2.0 * step);
                let found = gradient.view(-1).double_value(&[at]);
                // Rounding of values near 1 in f64, over two steps.
                assert!(
                    (found - expected).abs() < 1e-8 + 1e-6 * expected.abs(),
                    "{loss:?} at {at}: {expected} {found}"
                );
            }
        }
    }
}

#[test]
fn degenerate_batches_have_finite_losses_and_gradients() {
    let size = [2, 4, 4, 4];
    let filled = |class: i64| Tensor::full(size, class, (Kind::Int64, Device::Cpu));
    let with_one_ignored = filled(1);
    let _ = with_one_ignored.narrow(1, 0, 1).fill_(i64::from(IGNORED));
    let targets = [filled(0), filled(2), filled(i64::from(IGNORED)), with_one_ignored];
    let uneven =
        Tensor::from_slice(&[80_f32, -80.0, 0.0]).view([1, 3, 1, 1, 1]).expand([2, 3, 4, 4, 4], false);
    for loss in all() {
        for logits in [uneven.zeros_like(), uneven.copy(), -uneven.copy()] {
            for target in &targets {
                let logits = logits.detach().contiguous().set_requires_grad(true);
                let value = loss.forward(&logits, target);
                value.backward();
                assert!(value.double_value(&[]).is_finite(), "{loss:?}");
                assert!(logits.grad().isfinite().all().int64_value(&[]) == 1, "{loss:?}: {:?}", target.max());
            }
        }
    }
}

#[test]
fn ignored_voxels_do_not_count() {
    for loss in all() {
        let (logits, target) = reference_input(Some(5));
        let _ = target.narrow(3, 0, 2).fill_(i64::from(IGNORED));
        let other = logits.copy();
        let _ = other.narrow(4, 0, 2).fill_(9.0);
        let (one, two) = (value(&loss, &(logits, target.copy())), value(&loss, &(other, target)));
        assert!((one - two).abs() < 1e-6, "{loss:?}: {one} and {two}");
    }
}

#[test]
fn bytes_and_halves_are_taken_as_they_are() {
    let (logits, target) = reference_input(None);
    for loss in all() {
        let expected = value(&loss, &(logits.shallow_clone(), target.shallow_clone()));
        let found = loss.forward(&logits.to_kind(Kind::BFloat16), &target.to_kind(Kind::Uint8));
        assert_eq!(found.kind(), Kind::Float);
        // bf16 has 8 bits of mantissa.
        assert!((found.double_value(&[]) - expected).abs() < 0.02, "{loss:?}");
    }
}

#[test]
fn every_loss_reads_back_from_its_file_form() {
    for loss in all() {
        let text = serde_json::to_string(&loss).unwrap();
        let again: AnyLoss = serde_json::from_str(&text).unwrap();
        assert_eq!(format!("{again:?}"), format!("{loss:?}"));
        loss.check(3).unwrap();
    }
    let bare: AnyLoss =
        serde_json::from_str(r#"{"sum": [{"loss": "tversky"}, {"weight": 0.1, "loss": "hausdorff"}]}"#)
            .unwrap();
    assert!(!bare.is_deep());
}

#[test]
fn weights_of_another_number_of_classes_are_an_error() {
    let sum = WeightedSum::of([(1.0, AnyLoss::from(WeightedDice::new(&[1.0, 2.0])))]);
    let error = format!("{:#}", sum.check(3).unwrap_err());
    assert_eq!(error, "sum: term 1: weighted-dice: expected weights of 3 classes, background first, got 2");
    let regions = Regions { regions: Some(vec![vec![1]]), loss: Box::new(SoftDice::default().into()) };
    assert!(
        regions
            .check(2)
            .unwrap_err()
            .to_string()
            .starts_with("regions: expected one for each of the network's 2")
    );
}
