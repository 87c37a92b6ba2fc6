//! The program `bench-ops` on inputs small enough for every run of the tests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use mis::core::ndarray::{Array3, Array4, Axis, stack};
use mis::core::{Affine, Volume};
use mis::io::nifti::{VoxelType, write_volume_as};
use mis::models::tch::Device;
use mis::models::{Dims, Model, ModelSpec, PlainConvUNet};
use mis_tests::bench_ops::{Line, Outcome, select};

/// Inputs of the full-sized ones' form: a box of kidney with a tumor in it.
fn make_inputs(folder: &Path) {
    let label = |shape: [usize; 3], shift: usize| {
        Array3::from_shape_fn(shape, move |(i, j, k)| {
            let inside = |at: usize, extent: usize| extent / 4 < at && at < extent - extent / 4;
            let kidney = inside(i, shape[0]) && inside(j + shift, shape[1]) && inside(k, shape[2]);
            u8::from(kidney) + u8::from(kidney && 2 * k > shape[2])
        })
    };
    let write = |name: &str, labels: &Array3<u8>| {
        ndarray_npy::write_npy(folder.join(format!("{name}.npy")), labels).unwrap();
    };
    let ct = [12, 24, 24];
    let image = label(ct, 0).mapv(|label| i16::from(label) * 100 - 50);
    ndarray_npy::write_npy(folder.join("ct_image.npy"), &image).unwrap();
    write("ct_seg", &label(ct, 0));
    write("labels_pred", &label(ct, 1));
    for (patch, shape) in [("patch128", [16; 3]), ("patch_80x160x160", [10, 20, 20])] {
        let image = label(shape, 0).mapv(f32::from);
        ndarray_npy::write_npy(folder.join(format!("{patch}_image.npy")), &image).unwrap();
        write(&format!("{patch}_seg"), &label(shape, 0));
    }
    // No smaller: the network's lowest norms would see a single voxel, whose gradient is none.
    for (batch, shape) in [("train64", [32; 3]), ("train160", [32, 48, 32])] {
        let two = |labels: &Array3<u8>| stack![Axis(0), labels.view(), labels.view()].insert_axis(Axis(1));
        let labels = two(&label(shape, 0));
        ndarray_npy::write_npy(folder.join(format!("{batch}_x.npy")), &labels.mapv(f32::from)).unwrap();
        ndarray_npy::write_npy(folder.join(format!("{batch}_y.npy")), &labels).unwrap();
    }
    let patch = label([16; 3], 0).mapv(f32::from);
    ndarray_npy::write_npy(folder.join("infer_volume.npy"), &patch).unwrap();
    let patch = patch.insert_axis(Axis(0)).insert_axis(Axis(0));
    ndarray_npy::write_npy(folder.join("infer96_x.npy"), &patch).unwrap();
    let spec = ModelSpec { n_channels: 1, n_classes: 3, dims: Dims::Three };
    let model = Model::build(&PlainConvUNet::default(), spec, Device::Cpu, 0).unwrap();
    model.weights().write(&folder.join("unet3d_init.safetensors")).unwrap();
    let scan =
        Volume::new(image.mapv(f32::from).insert_axis(Axis(0)), Affine::from_spacing([3.0, 0.78, 0.78]));
    let path = folder.join("kits/case_00000/imaging.nii.gz");
    write_volume_as(&path, &scan.unwrap(), None, VoxelType::I16).unwrap();
}

fn bench_ops(folder: &Path, more: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_bench-ops"));
    program.arg("--inputs").arg(folder).arg("--json").arg(folder.join("mis.jsonl")).args(more);
    program.output().unwrap()
}

fn lines(folder: &Path) -> Vec<Line> {
    let text = fs::read_to_string(folder.join("mis.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_workload_gives_a_line_and_the_checked_ones_their_proof() {
    let folder = tempfile::tempdir().unwrap();
    make_inputs(folder.path());
    let run = bench_ops(folder.path(), &[]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));

    let lines = lines(folder.path());
    let workloads = select(&[]).unwrap();
    assert_eq!(lines.len(), workloads.len());
    for (line, workload) in lines.iter().zip(workloads) {
        assert_eq!([&line.op, &line.variant, &line.config], [workload.op, workload.variant, workload.config]);
        let Outcome::Measured(found) = &line.outcome else { panic!("{line:?}") };
        assert!(found.n > 0 && found.min_s > 0.0 && found.peak_rss_mb > 0.0, "{line:?}");
        let fact = |name: &str| found.extra.get(name).unwrap_or_else(|| panic!("no {name}: {line:?}"));
        match line.op.as_str() {
            "load_nifti_gz" => assert_eq!(fact("sha256_f32").as_str().map(str::len), Some(64)),
            "save_nifti_gz" => assert_eq!(fact("equal"), true),
            "patch_grid_merge" => assert!(fact("max_abs_error").as_f64().unwrap() <= 1e-5),
            "preprocess_ct" => assert_eq!(fact("image")["shape"], serde_json::json!([11, 12, 12])),
            "metrics_dice" | "metrics_assd" => assert_eq!(fact("values").as_array().map(Vec::len), Some(2)),
            "train_step_unet3d" => {
                let loss = |step: usize| fact("losses")[step].as_f64().unwrap_or(f64::NAN);
                assert!(loss(0) > loss(1), "{line:?}");
            }
            "metrics_hd95" | "metrics_nsd" => {
                let values = match line.config.as_str() {
                    "deepmind" => fact("values"),
                    "medpy" => fact("values_medpy"),
                    _ => fact("values_monai"),
                };
                let of_classes = if line.op == "metrics_nsd" { &values["2.0"] } else { values };
                assert_eq!(of_classes.as_array().map(Vec::len), Some(2));
            }
            _ => {}
        }
    }
    let output = |name: &str| folder.path().join("outputs").join(name);
    let image: Array3<f32> = ndarray_npy::read_npy(output("resample_image_cubic/mis.npy")).unwrap();
    assert_eq!(image.shape(), [11, 12, 12]);
    assert!(bench_ops(folder.path(), &["--only", "resample_labels"]).status.success()); // nearest too, which is named
    for name in ["resample_labels/mis.npy", "resample_labels/mis.nearest.npy"] {
        let labels: Array3<u8> = ndarray_npy::read_npy(output(name)).unwrap();
        assert_eq!(labels.shape(), [11, 12, 12]);
    }
    for name in ["infer_unet3d.96/mis.f32.npy", "infer_unet3d.sliding/mis.bf16.npy"] {
        let logits: Array4<f32> = ndarray_npy::read_npy(output(name)).unwrap();
        assert_eq!(logits.shape(), [3, 16, 16, 16]);
    }
    let moved: Array3<u8> =
        ndarray_npy::read_npy(output("augment_spatial_128.linear/mis.labels.npy")).unwrap();
    assert!(moved.iter().any(|&label| label == 2));
}

#[test]
fn a_workload_that_fails_has_a_line_that_says_why() {
    let folder = tempfile::tempdir().unwrap();
    make_inputs(folder.path());
    fs::remove_file(folder.path().join("labels_pred.npy")).unwrap();
    let run = bench_ops(folder.path(), &["--only", "metrics_dice"]);
    assert_eq!(run.status.code(), Some(1));
    let lines = lines(folder.path());
    let [Line { outcome: Outcome::Failed { error }, .. }] = lines.as_slice() else { panic!("{lines:?}") };
    assert!(error.contains("labels_pred.npy"), "{error}");
}

#[test]
fn an_unknown_name_is_an_error_before_anything_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    make_inputs(folder.path());
    let run = bench_ops(folder.path(), &["--only", "metrics_dice,gamma"]);
    assert_eq!(run.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&run.stderr).contains("found gamma"));
    assert!(!folder.path().join("mis.jsonl").exists());
}
