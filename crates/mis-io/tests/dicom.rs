//! DICOM as pydicom reads it; segmentations and structure sets on the scan's lattice; series that are no volume.

#![cfg(feature = "dicom")]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic in its helpers too")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mis_core::ndarray::Array3;
use mis_core::{Affine, ClassTable, DataSource as _, Geometry, LabelMap, PredictionSink as _, SampleId};
use mis_io::dicom::{self, SegmentationFolder, Series};
use mis_io::{Aligned, Others, PairedFiles, ScanFiles};
use sha2::{Digest as _, Sha256};

#[derive(serde::Deserialize)]
struct Reference {
    images: BTreeMap<String, Image>,
    structures: Structures,
}

#[derive(serde::Deserialize)]
struct Image {
    shape: [usize; 3],
    affine: [[f64; 4]; 4],
    sha256: String,
}

#[derive(serde::Deserialize)]
struct Structures {
    lattice: Lattice,
    voxels: BTreeMap<String, usize>,
}

#[derive(serde::Deserialize)]
struct Lattice {
    shape: [usize; 3],
    spacing: [f64; 3],
    origin_lps: [f64; 3],
}

/// The folder of shared data; none (and a line that says so) where it is absent.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn shared_data() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let data = std::env::var_os("MIS_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    if !data.join("dicom").is_dir() {
        println!("skipped: no dicom in {}", data.display());
        return None;
    }
    Some(data)
}

fn reference() -> Reference {
    let json = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data-fixtures/dicom_reference.json");
    serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap()
}

#[test]
fn every_series_and_image_holds_what_pydicom_finds_in_it() {
    let Some(data) = shared_data() else { return };
    let reference = reference();
    assert!(reference.images.len() >= 12, "the reference lists {} images", reference.images.len());
    for (name, expected) in &reference.images {
        let series = Series::open(&data.join(name)).unwrap();
        let volume = series.read().unwrap();
        assert_eq!(volume.shape(), expected.shape, "{name}");
        assert_eq!(volume.geometry(), series.geometry(), "{name}");
        for (found, expected) in
            volume.affine().rows().as_flattened().iter().zip(expected.affine.as_flattened())
        {
            assert!(
                (found - expected).abs() <= 1e-9 * expected.abs().max(1.0),
                "{name}: {:?}",
                volume.affine()
            );
        }
        let bytes: Vec<u8> = volume.as_slice().iter().flat_map(|value| value.to_le_bytes()).collect();
        let sha256: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(sha256, expected.sha256, "{name}: voxels differ from pydicom's");
    }
}

#[test]
fn what_cannot_be_decoded_is_refused_with_its_transfer_syntax() {
    let Some(data) = shared_data() else { return };
    let series = Series::open(&data.join("dicom/pydicom/MR_small_jpeg_ls_lossless.dcm")).unwrap();
    let error = format!("{:#}", series.read().unwrap_err());
    assert!(error.contains("1.2.840.10008.1.2.4.80 (JPEG-LS Lossless"), "{error}");
    let error = Series::open(&data.join("dicom/pydicom/rtstruct.dcm")).unwrap_err();
    let error = format!("{error:#}");
    assert!(error.contains("rtstruct.dcm: expected a DICOM image, found an object of class"), "{error}");
}

#[test]
fn a_structure_set_fills_the_voxels_that_a_polygon_test_finds_inside() {
    let Some(data) = shared_data() else { return };
    let Structures { lattice, voxels } = reference().structures;
    let ([dx, dy, dz], [x, y, z]) = (lattice.spacing, lattice.origin_lps);
    let affine =
        Affine::new([[-dx, 0., 0., -x], [0., -dy, 0., -y], [0., 0., dz, z], [0., 0., 0., 1.]]).unwrap();
    let lattice = Geometry { shape: lattice.shape, affine };
    let path = data.join("dicom/pydicom/rtstruct.dcm");
    assert_eq!(dicom::region_names(&path).unwrap(), ["patient", "Isocenter 1", "Isocenter 2"]);
    let classes = ClassTable::from_names(["background", "Patient"]).unwrap();
    let labels = dicom::read_structure_set(&path, &lattice, &classes, Others::Background).unwrap();
    let n_inside = labels.as_slice().iter().filter(|&&label| label == 1).count();
    assert_eq!(n_inside, voxels["patient"]);
    let error = dicom::read_structure_set(&path, &lattice, &classes, Others::Refused).unwrap_err();
    let error = format!("{error:#}");
    assert!(
        error.ends_with("found [\"Isocenter 1\", \"Isocenter 2\"] (name them as classes, or leave them out)"),
        "{error}"
    );
}

/// What `data-fixtures/structures.py` finds inside the regions that it drew.
#[derive(serde::Deserialize)]
struct Drawn {
    names: Vec<String>,
    shape: [usize; 3],
    labels: Vec<u8>,
}

#[test]
fn regions_with_holes_islands_and_channels_hold_the_voxels_inside_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data-fixtures/structures");
    let json = std::fs::read(folder.join("reference.json")).unwrap();
    let Drawn { names, shape, labels } = serde_json::from_slice(&json).unwrap();
    let lattice = Series::open(&folder.join("series")).unwrap().geometry();
    assert_eq!(lattice.shape, shape);
    let path = folder.join("regions.dcm");
    assert_eq!(dicom::region_names(&path).unwrap(), names);
    let table = |names: &[&str]| ClassTable::from_names(names.to_owned()).unwrap();
    let read = |names: &[&str], others| -> anyhow::Result<Vec<u8>> {
        let labels = dicom::read_structure_set(&path, &lattice, &table(names), others)?;
        Ok(labels.as_slice().to_vec())
    };
    let all = ["background", "Liver", "Ring", "Cyst", "Helper", "Isocenter"];
    assert_eq!(read(&all, Others::Refused).unwrap(), labels);
    // One region alone, whatever its name's case.
    let ring = read(&["background", "ring"], Others::Background).unwrap();
    let expected: Vec<_> = labels.iter().map(|&label| u8::from(label == 2)).collect();
    assert_eq!(ring, expected);
    let error = format!("{:#}", read(&all[..4], Others::Refused).unwrap_err());
    assert!(error.contains("found [\"Helper\", \"Isocenter\"]"), "{error}");
    // The series turned to other axes: the same voxels of the patient.
    let codes = "LPS".parse().unwrap();
    let turn = mis_core::Reorientation::between(mis_core::Orientation::of(&lattice.affine), codes);
    let turned =
        dicom::read_structure_set(&path, &turn.geometry(&lattice), &table(&all), Others::Refused).unwrap();
    let data = Array3::from_shape_vec(shape, labels).unwrap();
    assert_eq!(turned, turn.label_map(&LabelMap::new(data, lattice.affine).unwrap()));
}

#[test]
fn contours_between_the_scans_planes_are_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data-fixtures/structures");
    let lattice = Series::open(&folder.join("series")).unwrap().geometry();
    let classes = ClassTable::from_names(["background", "Liver"]).unwrap();
    let path = folder.join("between.dcm");
    let error = dicom::read_structure_set(&path, &lattice, &classes, Others::Background).unwrap_err();
    let error = format!("{error:#}");
    let expected =
        "between.dcm: region \"Liver\": expected contours on the scan's planes, found one at 1.50 between";
    assert!(error.contains(expected), "{error}");
}

#[test]
fn a_segmentation_written_on_a_series_reads_back_on_its_voxels() {
    let Some(data) = shared_data() else { return };
    let folder = tempfile::tempdir().unwrap();
    let series = Series::open(&data.join("dicom/nd320_hcrop/Study1_13_HCropVolume")).unwrap();
    let Geometry { shape: [ni, nj, nk], affine } = series.geometry();
    let data = Array3::from_shape_fn((ni, nj, nk), |(i, j, k)| match (i + 2 * j + 3 * k) % 7 {
        0 if k > 3 => 1,
        1 | 2 => 2,
        _ => 0,
    });
    let labels = LabelMap::new(data, affine).unwrap();
    let classes = ClassTable::from_names(["background", "anterior", "posterior"]).unwrap();
    let path = folder.path().join("a.dcm");
    dicom::write_segmentation(&path, &labels, &series, &classes).unwrap();
    assert_eq!(dicom::segment_names(&path).unwrap(), ["anterior", "posterior"]);
    let back = dicom::read_segmentation(&path, &series.geometry(), &classes, Others::Refused).unwrap();
    assert_eq!(back, labels);
    // The same prediction is the same object.
    let again = folder.path().join("b.dcm");
    dicom::write_segmentation(&again, &labels, &series, &classes).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(again).unwrap());
    // On a lattice turned round the same voxels of the world are marked.
    let turn = mis_core::Reorientation::between(mis_core::Orientation::of(&affine), "SAR".parse().unwrap());
    let lattice = turn.geometry(&series.geometry());
    let turned = dicom::read_segmentation(&path, &lattice, &classes, Others::Refused).unwrap();
    assert_eq!(turned, turn.label_map(&labels));
    let shifted = Geometry { affine: affine.moved([0.5, 0.0, 0.0], [1.0; 3]), ..series.geometry() };
    let error = dicom::read_segmentation(&path, &shifted, &classes, Others::Refused).unwrap_err();
    assert!(format!("{error:#}").contains("expected pixels on the scan's voxels"), "{error:#}");
}

/// Copies slices of the first series under new names into a folder.
fn copied(data: &Path, numbers: impl IntoIterator<Item = usize>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (n, number) in numbers.into_iter().enumerate() {
        let from = data.join(format!("dicom/nd320_hcrop/Study1_13_HCropVolume/{number}.dcm"));
        std::fs::copy(from, folder.path().join(format!("{n:03}_{number}.dcm"))).unwrap();
    }
    folder
}

#[track_caller]
fn check_refused(folder: &Path, reasons: &[&str]) {
    let error = format!("{:#}", Series::open(folder).unwrap_err());
    assert!(error.starts_with(&folder.display().to_string()), "{error}");
    for reason in reasons {
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn a_series_with_gaps_or_doubles_or_another_series_in_it_is_refused_with_a_list() {
    let Some(data) = shared_data() else { return };
    let folder = copied(&data, (1..=12).filter(|&n| n != 5 && n != 9));
    check_refused(
        folder.path(),
        &["expected slices every 1.000 mm, found 2 gaps", "2.000 mm between", "_4.dcm"],
    );
    let folder = copied(&data, [1, 2, 3, 3, 4]);
    check_refused(folder.path(), &["expected one slice in each place, found 1 doubled", "002_3.dcm and "]);
    let folder = copied(&data, 1..=3);
    let other = data.join("dicom/pydicom/MR_small.dcm");
    std::fs::copy(other, folder.path().join("other.dcm")).unwrap();
    check_refused(folder.path(), &["expected one series, found 2", "(3 files)", "(1 files)"]);
    assert_eq!(Series::all(folder.path()).unwrap().len(), 2);
    let empty = tempfile::tempdir().unwrap();
    check_refused(empty.path(), &["expected DICOM images, found none"]);
}

#[test]
fn files_in_any_order_and_of_other_kinds_beside_them_give_the_same_volume() {
    let Some(data) = shared_data() else { return };
    let folder = copied(&data, (1..=32).rev());
    std::fs::write(folder.path().join("notes.txt"), "not an image").unwrap();
    std::fs::copy(data.join("dicom/pydicom/rtstruct.dcm"), folder.path().join("rt.dcm")).unwrap();
    let whole = Series::open(&data.join("dicom/nd320_hcrop/Study1_13_HCropVolume")).unwrap();
    assert_eq!(Series::open(folder.path()).unwrap().read().unwrap(), whole.read().unwrap());
}

#[test]
fn folders_of_series_are_a_data_set_and_scans_to_predict() {
    let Some(data) = shared_data() else { return };
    let root = data.join("dicom/nd320_hcrop");
    let names = ["Study1_13_HCropVolume", "Study2_14_HCropVolume", "Study3_11_HCropVolume"];
    let cases = PairedFiles::open(&root, "{case}", None).unwrap();
    assert_eq!(cases.ids().unwrap(), names.map(SampleId::from));
    let scans = ScanFiles::find(std::slice::from_ref(&root)).unwrap();
    assert_eq!(scans.ids().unwrap(), names.map(SampleId::from));
    let series = Series::open(&root.join(names[0])).unwrap();
    let id = names[0].into();
    assert_eq!(cases.load_image(&id).unwrap(), series.read().unwrap());
    assert_eq!(scans.load_image(&id).unwrap(), series.read().unwrap());
    assert_eq!(scans.files(&id).unwrap().images.len(), 32);

    // Predictions as segmentations, which read back as the labels of the data set.
    let folder = tempfile::tempdir().unwrap();
    let classes = ClassTable::from_names(["background", "hippocampus"]).unwrap();
    let sink = SegmentationFolder {
        folder: folder.path().join("seg"),
        scans: std::sync::Arc::new(scans),
        classes: classes.clone(),
    };
    let lattice = series.geometry();
    let labels = Array3::from_shape_fn(lattice.shape, |(i, j, k)| u8::from(i > 4 && j > 9 && k > 20));
    let labels = LabelMap::new(labels, lattice.affine).unwrap();
    sink.write(&id, &labels).unwrap();
    let scan = folder.path().join("scan").join(names[0]);
    std::fs::create_dir_all(&scan).unwrap();
    for entry in std::fs::read_dir(root.join(names[0])).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, scan.join(path.file_name().unwrap())).unwrap();
    }
    let mut cases = PairedFiles::open(folder.path(), "scan/*", Some("seg/*.dcm")).unwrap();
    cases.set_classes(&classes);
    assert_eq!(cases.load(&id).unwrap().labels, Some(labels));
}

#[test]
fn aligned_data_sets_read_drawn_labels_as_they_are_told_to() {
    let Some(data) = shared_data() else { return };
    let root = data.join("dicom/nd320_hcrop");
    let name = "Study1_13_HCropVolume";
    let series = Series::open(&root.join(name)).unwrap();
    let lattice = series.geometry();
    let labels = Array3::from_shape_fn(lattice.shape, |(i, j, k)| match (i > 4, j > 9 && k > 20) {
        (true, true) => 1,
        (true, false) => 2,
        _ => 0,
    });
    let labels = LabelMap::new(labels, lattice.affine).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let drawn = folder.path().join(format!("{name}.dcm"));
    let both = ClassTable::from_names(["background", "hippocampus", "help structure"]).unwrap();
    dicom::write_segmentation(&drawn, &labels, &series, &both).unwrap();
    assert_eq!(dicom::label_names(&drawn).unwrap(), ["hippocampus", "help structure"]);
    std::fs::create_dir(folder.path().join(name)).unwrap();
    for path in series.files() {
        std::fs::copy(&path, folder.path().join(name).join(path.file_name().unwrap())).unwrap();
    }

    let mut cases = PairedFiles::open(folder.path(), "{case}", Some("{case}.dcm")).unwrap();
    cases.others = Others::Background;
    let mut cases = Aligned::of(cases);
    cases.set_classes(&ClassTable::from_names(["background", "hippocampus"]).unwrap());
    let mut expected = labels;
    expected.as_slice_mut().iter_mut().filter(|label| **label == 2).for_each(|label| *label = 0);
    assert_eq!(cases.load(&name.into()).unwrap().labels, Some(expected));
}
