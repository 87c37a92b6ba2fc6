//! One case: what it holds, and what is wrong with it.

use anyhow::Result;
use mis_core::{
    ClassTable, DataSource as _, GeometryMismatch, IGNORE, LabelMap, Orientation, SampleId, UnknownLabels,
    Volume,
};
use serde::Serialize;

use super::{Intensities, Problem, ProblemKind};
use crate::Source;
use crate::format::{Reading, read_label_file};

/// What a case holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CaseReport {
    /// The case's name.
    pub id: SampleId,
    /// Voxels along i, j and k.
    pub shape: [usize; 3],
    /// Spacing in mm.
    pub spacing: [f64; 3],
    /// Axis codes, such as `RAS`.
    pub orientation: String,
    /// What each channel holds.
    pub channels: Vec<ChannelReport>,
    /// Voxels of each class; none without labels that could be read.
    pub class_voxels: Option<Vec<u64>>,
    /// Voxels that the labels say are to be ignored.
    pub ignored_voxels: u64,
}

/// What a channel holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChannelReport {
    /// All values; none where no value is finite.
    pub all: Option<Intensities>,
    /// Values of each class; none where no voxel is of the class.
    pub by_class: Vec<Option<Intensities>>,
}

/// A case's report, if it could be read, and its problems.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) report: Option<CaseReport>,
    pub(super) problems: Vec<Problem>,
    /// Tells images apart.
    pub(super) fingerprint: u64,
}

pub(super) fn look_at(source: &Source, id: &SampleId, classes: Option<&ClassTable>) -> Found {
    let mut found = Found::default();
    let problem = |kind, what: String| Problem { case: Some(id.clone()), kind, what };
    let (image, labels) = match separate(source, id, classes) {
        Ok(Some((image, labels))) => (image, Some(labels)),
        // One look at both, and another at the image alone where that fails.
        Ok(None) | Err(_) => match source.load(id) {
            Ok(sample) => (Ok(sample.image), sample.labels.map(Ok)),
            Err(error) => match source.load_image(id) {
                Ok(image) => (Ok(image), Some(Err(error))),
                Err(_) => (Err(error), None),
            },
        },
    };
    let labels = match labels {
        Some(Err(error)) => {
            found.problems.push(problem(kind_of(&error), format!("{error:#}")));
            None
        }
        Some(Ok(labels)) => Some(labels),
        None => None,
    };
    let image = match image {
        Ok(image) => image,
        Err(error) => {
            found.problems.push(problem(kind_of(&error), format!("{error:#}")));
            return found;
        }
    };
    let on_lattice = labels.as_ref().filter(|labels| {
        let mismatch = image.geometry().check_same(&labels.geometry()).err();
        if let Some(mismatch) = &mismatch {
            let kind = match mismatch {
                GeometryMismatch::Shape { .. } => ProblemKind::Lattice,
                _ => ProblemKind::Header,
            };
            found.problems.push(problem(kind, format!("labels: {mismatch}")));
        }
        // Voxels correspond where the shapes do.
        image.shape() == labels.shape()
    });
    let n_classes = classes.map_or(0, ClassTable::n_classes);
    let report = report(id, &image, on_lattice, n_classes);
    found.fingerprint = fingerprint(&image);
    for (channel, values) in report.channels.iter().enumerate() {
        match &values.all {
            None => found
                .problems
                .push(problem(ProblemKind::NotFinite, format!("channel {channel} has no finite value"))),
            Some(all) => {
                if all.n_nan + all.n_infinite > 0 {
                    let what = format!(
                        "channel {channel}: expected numbers, found {} NaN and {} infinite values",
                        all.n_nan, all.n_infinite
                    );
                    found.problems.push(problem(ProblemKind::NotFinite, what));
                }
                if all.min == all.max {
                    let what = format!("channel {channel} is {} throughout", all.min);
                    found.problems.push(problem(ProblemKind::Constant, what));
                }
            }
        }
    }
    if let Some(voxels) = &report.class_voxels
        && voxels.iter().skip(1).all(|&n| n == 0)
    {
        found.problems.push(problem(ProblemKind::Unlabeled, "every voxel is background".to_owned()));
    }
    found.report = Some(report);
    found
}

/// Image and labels, each with its own error, so that all that is wrong with a case is found at once.
type Separate = (Result<Volume>, Result<LabelMap>);

/// None where they can only be had together.
fn separate(source: &Source, id: &SampleId, classes: Option<&ClassTable>) -> Result<Option<Separate>> {
    if !matches!(source, Source::CaseFolders(_) | Source::Nnunet(_) | Source::Paired(_)) {
        return Ok(None);
    }
    let files = source.files(id)?;
    let (Some(path), Some(scan)) = (&files.labels, files.images.first()) else { return Ok(None) };
    if !(crate::nifti::is_nifti(path) || crate::picture::is_picture(path)) {
        return Ok(None); // drawn onto the scan
    }
    let labels = read_label_file(path, scan, Reading::of(classes));
    Ok(Some((source.load_image(id), labels)))
}

fn kind_of(error: &anyhow::Error) -> ProblemKind {
    if error.downcast_ref::<UnknownLabels>().is_some() {
        return ProblemKind::Labels;
    }
    match error.downcast_ref::<GeometryMismatch>() {
        Some(GeometryMismatch::Position { .. }) => ProblemKind::Header,
        Some(_) => ProblemKind::Lattice,
        None => ProblemKind::Unreadable,
    }
}

fn report(id: &SampleId, image: &Volume, labels: Option<&LabelMap>, n_classes: usize) -> CaseReport {
    let geometry = image.geometry();
    let labels = labels.map(LabelMap::as_slice);
    let voxels = labels.map(|labels| {
        let mut voxels = [0_u64; 256];
        for &label in labels {
            voxels[usize::from(label)] += 1;
        }
        voxels
    });
    let ignored = usize::from(IGNORE); // the last label
    let class_voxels = voxels.map(|voxels| {
        let n = voxels[..ignored].iter().rposition(|&n| n > 0).map_or(0, |last| last + 1).max(n_classes);
        voxels[..n].to_vec()
    });
    let channels = image.as_slice().chunks_exact(geometry.n_voxels()).map(|values| {
        let by_class = class_voxels.iter().flatten().enumerate().map(|(class, &n)| {
            let labels = labels.filter(|_| n > 0)?;
            let of_class = labels.iter().zip(values).filter(move |(label, _)| usize::from(**label) == class);
            Intensities::of(of_class.map(|(_, &value)| value))
        });
        ChannelReport { all: Intensities::of(values.iter().copied()), by_class: by_class.collect() }
    });
    CaseReport {
        id: id.clone(),
        shape: geometry.shape,
        spacing: geometry.affine.spacing(),
        orientation: Orientation::of(&geometry.affine).to_string(),
        channels: channels.collect(),
        class_voxels,
        ignored_voxels: voxels.map_or(0, |voxels| voxels[ignored]),
    }
}

/// A number that two images share only if they hold the same values (but for one chance in 10¹⁹).
fn fingerprint(image: &Volume) -> u64 {
    let mix =
        |hash: u64, bits: u32| (hash.rotate_left(23) ^ u64::from(bits)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let shape = image.shape().into_iter().fold(1, |hash, n| mix(hash, n as u32));
    image.as_slice().iter().fold(shape, |hash, value| mix(hash, value.to_bits()))
}
