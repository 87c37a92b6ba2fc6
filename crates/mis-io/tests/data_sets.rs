//! Files paired by patterns, slices, aligned labels, and what an inspection finds.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic in its helpers too")]

use std::path::Path;
use std::sync::{Arc, Mutex};

use mis_core::anyhow::Result;
use mis_core::ndarray::{Array3, Array4};
use mis_core::{Affine, ClassTable, DataSource as _, LabelMap, PredictionSink, Sample, SampleId, Volume};
use mis_io::inspection::{Inspection, ProblemKind, inspect};
use mis_io::{Aligned, CaseFolders, InMemory, PairedFiles, Slices, Source, nifti, picture};

fn ramp(shape: [usize; 3], affine: Affine) -> Volume {
    let [i, j, k] = shape;
    let data = Array4::from_shape_fn((1, i, j, k), |(_, i, j, k)| (100 * i + 10 * j + k) as f32);
    Volume::new(data, affine).unwrap()
}

fn map(shape: [usize; 3], affine: Affine) -> LabelMap {
    let [i, j, k] = shape;
    LabelMap::new(Array3::from_shape_fn((i, j, k), |(i, j, k)| ((i + j + k) % 3) as u8), affine).unwrap()
}

fn case(folder: &Path, name: &str, affine: Affine, of_labels: Affine) {
    let folder = folder.join(name);
    nifti::write_volume(&folder.join("imaging.nii.gz"), &ramp([3, 4, 5], affine), None).unwrap();
    nifti::write_labels(&folder.join("segmentation.nii.gz"), &map([3, 4, 5], of_labels), None).unwrap();
}

#[test]
fn folders_of_images_and_masks_are_paired_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let flat = // rows run to the back, columns to the left
        Affine::new([[0., -1., 0., 0.], [-1., 0., 0., 0.], [0., 0., 1., 0.], [0., 0., 0., 1.]]).unwrap();
    for name in ["b", "a"] {
        let mask = map([4, 6, 1], flat);
        picture::write_labels(&folder.path().join("images").join(format!("{name}.png")), &mask).unwrap();
        picture::write_labels(&folder.path().join("masks").join(format!("{name}_mask.png")), &mask).unwrap();
    }
    let text = "paired = { path = \".\", image = \"images/*.png\", labels = \"masks/*_mask.png\" }";
    #[derive(serde::Deserialize, serde::Serialize)]
    struct Form {
        #[serde(flatten)]
        data: Source,
    }
    let Form { data: mut source } = toml::from_str::<Form>(text).unwrap();
    source.resolve(folder.path());
    assert_eq!(source.ids().unwrap(), [SampleId::from("a"), "b".into()]);
    let sample = source.load(&"a".into()).unwrap();
    assert_eq!(sample.labels, Some(map([4, 6, 1], flat)));
    assert_eq!(sample.image.shape(), [4, 6, 1]);
    assert!(source.strays().unwrap().is_empty());
    std::fs::remove_file(folder.path().join("images/b.png")).unwrap();
    assert_eq!(source.strays().unwrap(), [folder.path().join("masks/b_mask.png")]);
    std::fs::remove_file(folder.path().join("masks/a_mask.png")).unwrap();
    let error = format!("{:#}", source.load(&"a".into()).unwrap_err());
    assert!(error.contains("expected labels of a as masks/*_mask.png in"), "{error}");
}

#[test]
fn bids_patterns_give_channels_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let affine = Affine::from_spacing([1.0; 3]);
    for subject in ["01", "02"] {
        let anat = folder.path().join(format!("sub-{subject}/anat"));
        for (contrast, value) in [("T1w", 1.0), ("T2w", 2.0)] {
            let volume = Volume::new(Array4::from_elem((1, 2, 2, 2), value), affine).unwrap();
            nifti::write_volume(&anat.join(format!("sub-{subject}_run-1_{contrast}.nii.gz")), &volume, None)
                .unwrap();
        }
    }
    let mut files =
        PairedFiles::open(folder.path(), "sub-{case}/anat/sub-{case}_*_T2w.nii.gz", None).unwrap();
    files.images.push("sub-{case}/anat/*_T1w.nii.gz".to_owned());
    assert_eq!(files.ids().unwrap(), [SampleId::from("01"), "02".into()]);
    let image = files.load(&"02".into()).unwrap().image;
    assert_eq!((image.n_channels(), image.data()[(0, 0, 0, 0)], image.data()[(1, 0, 0, 0)]), (2, 2.0, 1.0));
}

/// Keeps what it is given.
#[derive(Debug, Default)]
struct Kept(Mutex<Vec<(SampleId, LabelMap)>>);

impl PredictionSink for Kept {
    fn write(&self, id: &SampleId, labels: &LabelMap) -> Result<()> {
        self.0.lock().unwrap().push((id.clone(), labels.clone()));
        Ok(())
    }
}

#[test]
fn slices_lie_where_they_lay_and_their_predictions_are_the_volume_again() {
    let affine =
        Affine::new([[0., 2., 0., 5.], [3., 0., 0., 6.], [0., 0., 4., 7.], [0., 0., 0., 1.]]).unwrap();
    let image = ramp([3, 4, 5], affine);
    let labels = map([3, 4, 5], affine);
    let sample = Sample { id: "case".into(), image: image.clone(), labels: Some(labels.clone()) };
    for axis in 0..3 {
        let slices = Arc::new(Slices::of(InMemory::from_iter([sample.clone()]), axis).unwrap());
        let kept = Arc::new(Kept::default());
        let sink = slices.sink(kept.clone());
        let ids = slices.ids().unwrap();
        assert_eq!(ids.len(), image.shape()[axis]);
        for (at, id) in ids.iter().enumerate() {
            let slice = slices.load(id).unwrap();
            assert_eq!(slice.image, slices.load_image(id).unwrap());
            assert_eq!(slice.image.geometry(), slices.geometry(id).unwrap());
            let mut first = [0; 3];
            first[axis] = at;
            assert_eq!(slice.image.affine().origin(), affine.world(first.map(|v| v as f64)));
            let [a, b] = [[1, 2], [0, 2], [0, 1]][axis];
            let mut next = first;
            (next[a], next[b]) = (1, 2);
            let [i, j, k] = next;
            assert_eq!(slice.image.data()[(0, 1, 2, 0)], image.data()[(0, i, j, k)]);
            assert_eq!(slice.image.affine().world([1.0, 2.0, 0.0]), affine.world(next.map(|v| v as f64)));
            sink.write(id, &slice.labels.unwrap()).unwrap();
            assert_eq!(sink.unfinished().len(), usize::from(at + 1 < ids.len()));
        }
        assert_eq!(*kept.0.lock().unwrap(), [(SampleId::from("case"), labels.clone())]);
    }
}

#[test]
fn aligned_mends_a_header_and_no_other_shape() {
    let folder = tempfile::tempdir().unwrap();
    let (right, wrong) = (Affine::from_spacing([1.0, 1.0, 3.0]), Affine::from_spacing([1.0; 3]));
    case(folder.path(), "a", right, wrong);
    let cases = CaseFolders::open(folder.path()).unwrap();
    assert!(cases.load(&"a".into()).is_err());
    let sample = Aligned::of(cases.clone()).load(&"a".into()).unwrap();
    assert_eq!(sample.labels, Some(map([3, 4, 5], right)));
    let path = folder.path().join("a/segmentation.nii.gz");
    nifti::write_labels(&path, &map([3, 4, 6], right), None).unwrap();
    let error = format!("{:#}", Aligned::of(cases).load(&"a".into()).unwrap_err());
    assert!(error.contains("expected the image's shape [3, 4, 5], found [3, 4, 6]"), "{error}");
}

#[test]
fn an_inspection_finds_every_problem_in_one_pass() {
    let folder = tempfile::tempdir().unwrap();
    let unit = Affine::from_spacing([1.0; 3]);
    for name in ["a", "b", "c"] {
        case(folder.path(), name, unit, unit);
    }
    // a and b and c hold one image; d to h have one fault each, i is well.
    let at = |name: &str, file: &str| folder.path().join(name).join(file);
    for name in ["d", "e", "f", "g", "h", "i"] {
        case(folder.path(), name, unit, unit);
        let factor = f32::from(name.as_bytes()[0]);
        let other = Volume::new(ramp([3, 4, 5], unit).into_data() * factor, unit).unwrap();
        nifti::write_volume(&at(name, "imaging.nii.gz"), &other, None).unwrap();
    }
    let shifted = unit.moved([0.0, 0.0, 2.0], [1.0; 3]);
    nifti::write_labels(&at("d", "segmentation.nii.gz"), &map([3, 4, 5], shifted), None).unwrap();
    nifti::write_labels(&at("e", "segmentation.nii.gz"), &map([3, 4, 6], unit), None).unwrap();
    let odd = LabelMap::new(Array3::from_elem((3, 4, 5), 7), unit).unwrap();
    nifti::write_labels(&at("f", "segmentation.nii.gz"), &odd, None).unwrap();
    let mut values = ramp([3, 4, 5], unit).into_data();
    values[(0, 0, 0, 0)] = f32::NAN;
    values[(0, 0, 0, 1)] = f32::INFINITY;
    nifti::write_volume(&at("g", "imaging.nii.gz"), &Volume::new(values, unit).unwrap(), None).unwrap();
    std::fs::write(at("h", "imaging.nii.gz"), "broken").unwrap();

    let source = Source::from(CaseFolders::open(folder.path()).unwrap());
    let classes = ClassTable::from_names(["background", "kidney", "tumor", "cyst"]).unwrap();
    let ids = source.ids().unwrap();
    let found = inspect(&source, &ids, Some(&classes), 2, &|_| {}).unwrap();
    assert_eq!(found, inspect(&source, &ids, Some(&classes), 1, &|_| {}).unwrap());
    let expected = [
        ("d", ProblemKind::Header),
        ("e", ProblemKind::Lattice),
        ("f", ProblemKind::Labels),
        ("g", ProblemKind::NotFinite),
        ("h", ProblemKind::Unreadable),
        ("", ProblemKind::Duplicate),
        ("", ProblemKind::MissingClass),
    ];
    assert_eq!(cases_and_kinds(&found), expected, "{:#?}", found.problems);
    let text = |at: usize| found.problems[at].to_string();
    assert!(text(0).starts_with("d: labels: expected the image's position, found corners up to 2.000 mm"));
    assert!(
        text(2).contains("segmentation.nii.gz: expected the label values [0, 1, 2, 3], found 7 (60 voxels)")
    );
    assert!(text(3).contains("found 1 NaN and 1 infinite values"));
    assert!(text(5).starts_with("a, b, c hold the same image (leave one"));
    assert!(text(6).contains("\"cyst\""));

    let a = &found.cases[0];
    assert_eq!((a.shape, a.spacing, a.orientation.as_str()), ([3, 4, 5], [1.0; 3], "RAS"));
    assert_eq!(a.class_voxels, Some(vec![20, 20, 20, 0]));
    let all = a.channels[0].all.as_ref().unwrap();
    assert_eq!((all.n, all.min, all.max, all.mean), (60, 0.0, 234.0, 117.0));
    assert_eq!(a.channels[0].by_class[3], None);
    let text = found.to_string();
    assert!(text.starts_with("case  channel  shape  spacing mm  axes   mean"), "{text}");
    assert!(text.contains("\n7 problems\nd: labels: expected"), "{text}");
    let csv = folder.path().join("cases.csv");
    found.write_csv(&csv).unwrap();
    let csv = std::fs::read_to_string(csv).unwrap();
    assert_eq!(csv.lines().count(), 1 + found.cases.len());
    assert!(csv.lines().nth(1).unwrap().starts_with("a,0,3x4x5,1x1x1,RAS,117,"), "{csv}");
    // a, b, c, d, g and i have labels on their voxels.
    assert_eq!(found.class_voxels, [120, 120, 120, 0]);
    assert_eq!(found.class_intensities[3], [None]);
}

#[test]
fn an_inspection_tells_odd_cases_from_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let unit = Affine::from_spacing([1.0; 3]);
    let image = |name: &str| folder.path().join(format!("images/{name}.nii.gz"));
    let write = |name: &str, image_of: &Volume, labels: &LabelMap| {
        nifti::write_volume(&image(name), image_of, None).unwrap();
        let path = folder.path().join(format!("labels/{name}.nii.gz"));
        nifti::write_labels(&path, labels, None).unwrap();
    };
    let scaled = |factor: f32, affine| {
        Volume::new(ramp([3, 4, 5], affine).into_data() * factor + factor, affine).unwrap()
    };
    for (name, factor) in [("a", 1.0), ("b", 2.0), ("c", 3.0)] {
        write(name, &scaled(factor, unit), &map([3, 4, 5], unit));
    }
    write("constant", &scaled(0.0, unit), &map([3, 4, 5], unit));
    write("empty", &scaled(4.0, unit), &LabelMap::new(Array3::zeros((3, 4, 5)), unit).unwrap());
    let coarse = Affine::from_spacing([1.0, 2.5, 1.0]);
    write("coarse", &scaled(5.0, coarse), &map([3, 4, 5], coarse));
    let turned =
        Affine::new([[-1., 0., 0., 0.], [0., -1., 0., 0.], [0., 0., 1., 0.], [0., 0., 0., 1.]]).unwrap();
    write("turned", &scaled(6.0, turned), &map([3, 4, 5], turned));
    let two =
        Volume::new(Array4::from_shape_fn((2, 3, 4, 5), |(c, i, ..)| (7 * c + i) as f32), unit).unwrap();
    write("two-channels", &two, &map([3, 4, 5], unit));
    let stray = folder.path().join("labels/stray.nii.gz");
    nifti::write_labels(&stray, &map([3, 4, 5], unit), None).unwrap();
    nifti::write_volume(&image("unlabelled"), &scaled(8.0, unit), None).unwrap();

    let files = PairedFiles::open(folder.path(), "images/*.nii.gz", Some("labels/*.nii.gz")).unwrap();
    let source = Source::from(files);
    let classes = ClassTable::from_names(["background", "kidney", "tumor"]).unwrap();
    let found = inspect(&source, &source.ids().unwrap(), Some(&classes), 2, &|_| {}).unwrap();
    let expected = [
        ("constant", ProblemKind::Constant),
        ("empty", ProblemKind::Unlabeled),
        ("unlabelled", ProblemKind::Unreadable),
        ("coarse", ProblemKind::Spacing),
        ("turned", ProblemKind::Orientation),
        ("two-channels", ProblemKind::Channels),
        ("", ProblemKind::Stray),
    ];
    assert_eq!(cases_and_kinds(&found), expected, "{:#?}", found.problems);
    let texts: Vec<_> = found.problems.iter().map(ToString::to_string).collect();
    assert!(
        texts[3].contains("1.000 × 1.000 × 1.000 mm (finest axis first), found 1.000 × 1.000 × 2.500 mm")
    );
    assert!(texts[4].contains("RAS of 8 of 9 cases, found LPS"), "{}", texts[4]);
    assert!(texts[6].contains("stray.nii.gz"), "{}", texts[6]);
}

#[test]
fn an_inspection_counts_what_is_to_be_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let unit = Affine::from_spacing([1.0; 3]);
    case(folder.path(), "a", unit, unit);
    let source = Source::from(CaseFolders::open(folder.path()).unwrap());
    let inspected = |classes: &str| {
        let classes: ClassTable = classes.parse().unwrap();
        inspect(&source, &source.ids().unwrap(), Some(&classes), 1, &|_| {}).unwrap()
    };
    let found = inspected("background,kidney,ignore=2");
    assert_eq!((&found.cases[0].class_voxels, found.cases[0].ignored_voxels), (&Some(vec![20, 20]), 20));
    let last = |found: &Inspection| -> Vec<_> {
        found.case_rows().iter().map(|row| row.last().cloned().unwrap()).collect()
    };
    assert_eq!(last(&found), ["ignored voxels", "20"]);
    assert_eq!(last(&inspected("background,kidney,tumor")), ["tumor voxels", "20"]);
}

/// Each problem's case, which is empty where it is of several, and its kind.
fn cases_and_kinds(found: &Inspection) -> Vec<(&str, ProblemKind)> {
    let problems = found.problems.iter();
    problems.map(|problem| (problem.case.as_ref().map_or("", |case| &case.0), problem.kind)).collect()
}
