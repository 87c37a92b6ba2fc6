//! Every voxel type in both byte orders, NIfTI-1 and NIfTI-2, in one file and as a pair: as nibabel reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use mis_io::nifti;

/// What `data-fixtures/nifti_types.py` made.
#[derive(serde::Deserialize)]
struct Reference {
    cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    name: String,
    /// Bytes in hexadecimal digits.
    files: BTreeMap<String, String>,
    affine: [[f64; 4]; 4],
    shape: [usize; 4],
    values: Vec<f32>,
}

#[test]
fn every_type_in_both_byte_orders_holds_what_nibabel_finds_in_it() {
    let json = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data-fixtures/nifti_types.json");
    let reference: Reference = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    let mut types = BTreeSet::new();
    for case in &reference.cases {
        let folder = tempfile::tempdir().unwrap();
        for (name, digits) in &case.files {
            let byte = |at: usize| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap();
            let bytes: Vec<u8> = (0..digits.len() / 2).map(byte).collect();
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        let name = &case.name;
        for file in case.files.keys() {
            let path = folder.path().join(file);
            let volume = nifti::read_image(&path).unwrap();
            assert_eq!(volume.data().shape(), case.shape, "{name}");
            assert_eq!(volume.as_slice(), case.values, "{name}");
            assert_eq!(volume.affine().rows(), case.affine, "{name}");
            types.insert(nifti::read_header(&path).unwrap().voxel_type().to_string());
        }
    }
    assert_eq!(types.len(), 12, "types that the reference has: {types:?}");
}
