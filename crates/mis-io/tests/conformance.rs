//! Odd NIfTI files of other projects: read as nibabel reads them, or refused with the reason.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic in its helpers too")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mis_core::DataSource as _;
use mis_io::{NnunetRaw, nifti};
use sha2::{Digest as _, Sha256};

#[derive(serde::Deserialize)]
struct Reference {
    files: BTreeMap<String, Expected>,
}

#[derive(serde::Deserialize)]
struct Expected {
    shape: [usize; 4],
    affine: Option<[[f64; 4]; 4]>,
    n_nan: usize,
    first: Option<f32>,
    sha256: String,
}

/// The folder of shared data; none (and a line that says so) where it is absent.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn shared_data() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let data = std::env::var_os("MIS_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    if !data.join("nifti_conformance").is_dir() {
        println!("skipped: no nifti_conformance in {}", data.display());
        return None;
    }
    Some(data)
}

#[test]
fn every_file_holds_what_nibabel_finds_in_it() {
    let Some(data) = shared_data() else { return };
    let json = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data-fixtures/nifti_reference.json");
    let reference: Reference = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    assert!(reference.files.len() > 30, "the reference lists {} files", reference.files.len());
    for (name, expected) in &reference.files {
        check(&data.join(name), expected);
    }
}

#[track_caller]
fn check(path: &Path, expected: &Expected) {
    let read = nifti::read_image(path);
    let Some(affine) = expected.affine else {
        assert!(read.is_err(), "{}: a lattice without volume was taken", path.display());
        return;
    };
    let volume = read.unwrap();
    let name = path.display();
    assert_eq!(volume.data().shape(), expected.shape, "{name}");
    for (found, expected) in volume.affine().rows().as_flattened().iter().zip(affine.as_flattened()) {
        // Quaternions are f32, whichever way they are multiplied out.
        assert!((found - expected).abs() <= 1e-5 * expected.abs().max(1.0), "{name}: {:?}", volume.affine());
    }
    assert_eq!(volume.as_slice().iter().filter(|value| value.is_nan()).count(), expected.n_nan, "{name}");
    if let Some(first) = expected.first {
        assert_eq!(volume.as_slice()[0], first, "{name}");
    }
    let bits = |value: &f32| if value.is_nan() { 0x7FC0_0000 } else { value.to_bits() };
    let bytes: Vec<u8> = volume.as_slice().iter().flat_map(|value| bits(value).to_le_bytes()).collect();
    let sha256: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(sha256, expected.sha256, "{name}: voxels differ from nibabel's");

    let header = nifti::read_header(path).unwrap();
    assert_eq!(header.geometry(), volume.geometry(), "{name}");
    assert_eq!(header.n_channels(), volume.n_channels(), "{name}");
}

#[test]
fn a_pair_is_found_by_either_name_and_compressed_in_part() {
    let Some(data) = shared_data() else { return };
    let folder = data.join("nifti_conformance/nifti-rs");
    let whole = nifti::read_image(&folder.join("minimal.hdr")).unwrap();
    for name in ["minimal.img", "minimal.hdr.gz", "minimal.img.gz", "minimal2.hdr", "minimal2.img.gz"] {
        assert_eq!(nifti::read_image(&folder.join(name)).unwrap(), whole, "{name}");
    }
}

#[test]
fn what_is_no_scan_or_broken_is_refused_with_the_reason() {
    let Some(data) = shared_data() else { return };
    let refused = [
        ("nibabel/analyze.hdr", "expected analyze.img or analyze.img.gz beside it, found neither"),
        ("nibabel/row_major.dconn.nii", "found CIFTI data of the brain's surface"),
        ("nibabel/test.mgz", "expected a NIfTI file, whose header starts with its size 348 or 540"),
        ("nifti-rs/complex/complex32.nii", "found complex numbers (datatype 32)"),
        ("nifti-rs/complex/complex64.nii", "found complex numbers (datatype 1792)"),
        ("nifti-rs/avg152T1_LR_nifti.hdr.gz", "beside it, found neither"),
    ];
    for (name, reason) in refused {
        let error =
            format!("{:#}", nifti::read_image(&data.join("nifti_conformance").join(name)).unwrap_err());
        assert!(error.contains(name) && error.contains(reason), "{error}");
    }
    let artifacts = data.join("nifti_conformance/nifti-rs/fuzz_artifacts");
    for entry in std::fs::read_dir(artifacts).unwrap() {
        let path = entry.unwrap().path();
        let error = format!("{:#}", nifti::read_image(&path).unwrap_err());
        assert!(error.contains(&*path.file_name().unwrap().to_string_lossy()), "{error}");
    }
}

#[test]
fn the_hippocampus_set_is_read_with_its_classes_and_folds() {
    let Some(data) = shared_data() else { return };
    let mut cases = NnunetRaw::open(data.join("msd_hippocampus")).unwrap();
    let classes = cases.class_table().unwrap();
    assert_eq!(classes.names(), ["background", "anterior", "posterior"]);
    cases.set_classes(&classes);
    assert!(cases.splits_file().is_some());
    let ids = cases.ids().unwrap();
    assert_eq!(ids.len(), 260);
    for id in ids {
        let sample = cases.load(&id).unwrap();
        assert!(sample.labels.unwrap().as_slice().contains(&2), "{id}");
        assert_eq!(sample.image.geometry(), cases.geometry(&id).unwrap(), "{id}");
    }
}
