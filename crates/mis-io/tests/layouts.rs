//! Data sets in folders: what is there is found, what is wrong is one clear line.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic in its helpers too")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use mis_core::ndarray::{Array3, Array4};
use mis_core::{
    Affine, ClassTable, DataSource, GeometryMismatch, IGNORE, LabelMap, PredictionSink as _, Volume,
};
use mis_io::{CaseFolders, InMemory, NiftiFolder, NnunetRaw, ScanFiles, Source, nifti};

fn scan(path: &Path, value: f32, spacing: f64) {
    let data = Array4::from_elem((1, 3, 4, 5), value);
    nifti::write_volume(path, &Volume::new(data, Affine::from_spacing([spacing; 3])).unwrap(), None).unwrap();
}

fn labels(path: &Path, value: u8, spacing: f64) {
    let data = Array3::from_elem((3, 4, 5), value);
    nifti::write_labels(path, &LabelMap::new(data, Affine::from_spacing([spacing; 3])).unwrap(), None)
        .unwrap();
}

fn names(source: &dyn DataSource) -> Vec<String> {
    source.ids().unwrap().into_iter().map(|id| id.0).collect()
}

#[track_caller]
fn check_error<T: std::fmt::Debug>(result: anyhow::Result<T>, parts: &[&str]) {
    let error = format!("{:#}", result.unwrap_err());
    for part in parts {
        assert!(error.contains(part), "{error:?} does not say {part:?}");
    }
    assert!(!error.contains('\n'), "{error}");
}

#[test]
fn case_folders_are_sorted_and_plain_files_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    for (case, value) in [("b", 1.0), ("a", 2.0)] {
        scan(&folder.path().join(case).join("imaging.nii.gz"), value, 1.0);
        labels(&folder.path().join(case).join("segmentation.nii.gz"), 2, 1.0);
    }
    fs::write(folder.path().join("LICENSE"), "").unwrap();
    let mut cases = CaseFolders::open(folder.path()).unwrap();
    assert_eq!(names(&cases), ["a", "b"]);
    cases.set_classes(&ClassTable::from_names(["background", "kidney", "tumor"]).unwrap());
    let sample = cases.load(&"a".into()).unwrap();
    assert_eq!(sample.image.as_slice()[0], 2.0);
    assert_eq!(sample.image.geometry(), cases.geometry(&"a".into()).unwrap());

    cases.set_classes(&ClassTable::from_names(["background", "kidney"]).unwrap());
    check_error(cases.load(&"a".into()), &["segmentation.nii.gz", "[0, 1]", "2 (60 voxels)"]);
    fs::remove_file(folder.path().join("a/segmentation.nii.gz")).unwrap();
    check_error(cases.load(&"a".into()), &["expected the labels in", "a/segmentation.nii.gz"]);
    assert!(cases.load_image(&"a".into()).is_ok());
    fs::remove_file(folder.path().join("a/imaging.nii.gz")).unwrap();
    check_error(cases.ids(), &["a/imaging.nii.gz", "found no file"]);
}

#[test]
fn an_empty_or_missing_folder_is_one_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    check_error(CaseFolders::open(folder.path()), &["imaging.nii.gz", "found no folder"]);
    check_error(CaseFolders::open(folder.path().join("x")), &["expected a folder at", "found nothing"]);
    check_error(NnunetRaw::open(folder.path()), &["dataset.json", "found none"]);
    check_error(ScanFiles::find(&[folder.path().to_owned()]), &["imaging.nii.gz", "found none"]);
    check_error(ScanFiles::find(&[folder.path().join("x.nii")]), &["expected a scan at", "found nothing"]);
}

#[test]
fn labels_beside_their_scan_are_refused_with_the_distance() {
    let folder = tempfile::tempdir().unwrap();
    scan(&folder.path().join("a/imaging.nii.gz"), 0.0, 1.0);
    labels(&folder.path().join("a/segmentation.nii.gz"), 1, 1.5);
    let error = CaseFolders::open(folder.path()).unwrap().load(&"a".into()).unwrap_err();
    assert!(error.downcast_ref::<GeometryMismatch>().is_some());
    check_error(Err::<(), _>(error), &["a/imaging.nii.gz", "a/segmentation.nii.gz", "mm away"]);
}

#[test]
fn nnunet_channels_are_stacked_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let json = r#"{ "channel_names": { "0": "T1", "1": "T2" }, "labels": { "background": 0, "tumor": 1 },
        "numTraining": 1, "file_ending": ".nii.gz" }"#;
    fs::write(folder.path().join("dataset.json"), json).unwrap();
    scan(&folder.path().join("imagesTr/case_7_0000.nii.gz"), 10.0, 1.0);
    let data = NnunetRaw::from(folder.path().to_owned());
    check_error(data.ids(), &["case_7_0001.nii.gz", "found no file"]);
    scan(&folder.path().join("imagesTr/case_7_0001.nii.gz"), 20.0, 1.0);
    labels(&folder.path().join("labelsTr/case_7.nii.gz"), 1, 1.0);
    assert_eq!(names(&data), ["case_7"]);
    let sample = data.load(&"case_7".into()).unwrap();
    assert_eq!(sample.image.data().dim(), (2, 3, 4, 5));
    assert_eq!((sample.image.as_slice()[0], sample.image.as_slice()[60]), (10.0, 20.0));
    assert_eq!(data.class_table().unwrap().names(), ["background", "tumor"]);
    assert_eq!(data.splits_file(), None);
    scan(&folder.path().join("imagesTr/case_7_0001.nii.gz"), 20.0, 1.2);
    check_error(data.load(&"case_7".into()), &["channels of one case", "case_7_0001.nii.gz", "mm away"]);
}

#[test]
fn the_decathlons_list_of_files_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let json = r#"{ "modality": { "0": "CT" }, "labels": { "0": "background", "1": "liver", "2": "cancer", "3": "ignore" },
        "training": [{ "image": "./imagesTr/liver_3.nii.gz", "label": "./labelsTr/liver_3.nii.gz" }] }"#;
    fs::write(folder.path().join("dataset.json"), json).unwrap();
    scan(&folder.path().join("imagesTr/liver_3.nii.gz"), 10.0, 1.0);
    labels(&folder.path().join("labelsTr/liver_3.nii.gz"), 2, 1.0);
    let data = NnunetRaw::open(folder.path()).unwrap();
    assert_eq!(names(&data), ["liver_3"]);
    assert_eq!(data.load(&"liver_3".into()).unwrap().labels.unwrap().as_slice()[0], 2);
    let classes = data.class_table().unwrap();
    assert_eq!(classes.names(), ["background", "liver", "cancer"]);
    assert_eq!(classes.index_of(3), Some(IGNORE));
    check_error(data.files(&"liver_4".into()), &["liver_4", "dataset.json"]);
}

#[test]
fn scans_are_found_by_file_folder_and_case_folder() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    scan(&at("many/x_0000.nii.gz"), 1.0, 1.0);
    scan(&at("many/x_0001.nii.gz"), 2.0, 1.0);
    // Without a channel 0000 the digits are part of the name.
    scan(&at("many/patient_0042.nii"), 3.0, 1.0);
    scan(&at("kits/case_00001/imaging.nii.gz"), 4.0, 1.0);
    scan(&at("single.nii.gz"), 5.0, 1.0);
    let scans = ScanFiles::find(&[at("many"), at("kits"), at("single.nii.gz")]).unwrap();
    assert_eq!(names(&scans), ["case_00001", "patient_0042", "single", "x"]);
    assert_eq!(scans.load_image(&"x".into()).unwrap().n_channels(), 2);
    assert_eq!(scans.load(&"single".into()).unwrap().labels, None);

    scan(&at("other/single.nii"), 5.0, 1.0);
    check_error(ScanFiles::find(&[at("other"), at("single.nii.gz")]), &["one scan named single"]);
    scan(&at("many/x_0003.nii.gz"), 2.0, 1.0);
    check_error(ScanFiles::find(&[at("many")]), &["expected channel 2 of x before", "x_0003.nii.gz"]);
}

#[test]
fn a_source_is_its_own_toml_form() {
    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    struct Experiment {
        data: Source,
    }
    let parse = |text: &str| toml::from_str::<Experiment>(text).map(|experiment| experiment.data);
    let mut nnunet = parse(r#"data = { nnunet = "Dataset004_Hippocampus" }"#).unwrap();
    nnunet.resolve(Path::new("/data"));
    assert_eq!(nnunet.path(), Some(Path::new("/data/Dataset004_Hippocampus")));
    assert_eq!(nnunet.with_path("/other".into()).unwrap().path(), Some(Path::new("/other")));

    let Source::CaseFolders(cases) =
        parse(r#"data = { case-folders = { path = "kits", labels = "" } }"#).unwrap()
    else {
        panic!("case folders were named")
    };
    assert_eq!((cases.image.as_str(), &cases.labels), ("imaging.nii.gz", &None));
    let text = toml::to_string(&Experiment { data: cases.clone().into() }).unwrap();
    assert!(matches!(parse(&text).unwrap(), Source::CaseFolders(again) if again == cases), "{text}");

    let error =
        parse(r#"data = { case-folders = { path = "kits", lables = "x" } }"#).unwrap_err().to_string();
    assert!(error.contains("lables") && error.contains("labels"), "{error}");
    assert!(Source::from(InMemory::default()).with_path("/x".into()).is_err());
}

#[test]
fn a_prediction_carries_its_scans_header() {
    let folder = tempfile::tempdir().unwrap();
    scan(&folder.path().join("a.nii.gz"), 1.0, 1.5);
    let scans = Arc::new(ScanFiles::find(&[folder.path().join("a.nii.gz")]).unwrap());
    let out = folder.path().join("predictions");
    let geometry = scans.geometry(&"a".into()).unwrap();
    let prediction = LabelMap::new(Array3::ones(geometry.shape), geometry.affine).unwrap();
    let sink = NiftiFolder { folder: out.clone(), scans };
    sink.write(&"a".into(), &prediction).unwrap();
    assert_eq!(nifti::read_labels(&out.join("a.nii.gz"), None).unwrap(), prediction);
    check_error(sink.write(&"../a".into(), &prediction), &["../a"]);
}
