//! Files of a series to a volume.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use dicom_dictionary_std::{tags, uids};
use mis_core::{Affine, Geometry, Volume};
use ndarray::Array4;
use rayon::prelude::*;

use super::file::{DicomFile, Part, is_dicom};
use super::frame::{Frame, dot, minus, norm};
use super::pixels::{Pixels, extents};
use crate::transpose::transpose;

/// A series of DICOM images that form one volume: checked, ordered by place in space, not decoded yet.
///
/// Voxel `(i, j, k)` is column i, row j and slice k, as NIfTI has it; slices follow each other along the normal of the
/// image plane (rows times columns), whatever their file names and instance numbers say.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What the scanner calls it: the SeriesInstanceUID.
    pub uid: String,
    /// The SeriesDescription, or an empty text.
    pub description: String,
    slices: Vec<Slice>,
    geometry: Geometry,
    n_channels: usize,
}

/// One slice, in its file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Slice {
    pub(super) path: PathBuf,
    /// Which of the file's frames it is.
    pub(super) frame_idx: usize,
    frame: Frame,
    extents: [usize; 2],
}

/// Files of one SeriesInstanceUID.
#[derive(Clone, Debug, Default)]
struct Found {
    description: String,
    n_files: usize,
    n_channels: usize,
    slices: Vec<Slice>,
}

impl Series {
    /// The series in a folder, or in a single (multi-frame) file. Files that are no images, such as structure sets and
    /// segmentations, are passed over; subfolders too.
    ///
    /// A folder with several series, slices on different lattices, two slices in one place and slices that are missing
    /// are errors that list them.
    pub fn open(path: &Path) -> Result<Self> {
        let opened = || {
            let mut all = find(path)?;
            if all.len() > 1 {
                let list: Vec<_> = all
                    .iter()
                    .map(|(uid, found)| format!("{uid} {:?} ({} files)", found.description, found.n_files))
                    .collect();
                bail!(
                    "expected one series, found {}: {} (put each into a folder of its own)",
                    list.len(),
                    list.join(", ")
                );
            }
            let (uid, found) = all.pop_first().context("expected DICOM images, found none")?;
            Self::of(uid, found)
        };
        opened().with_context(|| path.display().to_string())
    }

    /// All series in a folder by their UID, such as those of a study exported into one place; each with the reason why
    /// it is no volume, where it is none.
    pub fn all(folder: &Path) -> Result<BTreeMap<String, Result<Self>>> {
        let found = find(folder).with_context(|| folder.display().to_string())?;
        Ok(found.into_iter().map(|(uid, found)| (uid.clone(), Self::of(uid, found))).collect())
    }

    /// The lattice of the volume.
    #[must_use]
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// The files in the order of their slices, each once.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> = self.slices.iter().map(|slice| slice.path.clone()).collect();
        files.dedup();
        files
    }

    pub(super) fn slices(&self) -> &[Slice] {
        &self.slices
    }

    /// Decodes the volume: stored numbers times RescaleSlope plus RescaleIntercept, HU in a CT. Colors are channels.
    pub fn read(&self) -> Result<Volume> {
        let [ni, nj, nk] = self.geometry.shape;
        let n = ni * nj;
        let mut by_file: BTreeMap<&Path, Vec<usize>> = BTreeMap::new();
        for (k, slice) in self.slices.iter().enumerate() {
            by_file.entry(&slice.path).or_default().push(k);
        }
        let by_file: Vec<_> = by_file.into_iter().collect();
        // (slice, channel, row, column) of each file.
        let planes: Vec<Vec<f32>> = by_file
            .par_iter()
            .map(|(path, slices)| self.planes(path, slices).with_context(|| path.display().to_string()))
            .collect::<Result<_>>()?;
        let mut values = vec![0.0; self.n_channels * n * nk];
        let mut stacked = vec![0.0; n * nk];
        for (channel, out) in values.chunks_exact_mut(n * nk).enumerate() {
            for ((_, slices), planes) in by_file.iter().zip(&planes) {
                for (plane, &k) in planes.chunks_exact(n * self.n_channels).zip(slices) {
                    stacked[k * n..][..n].copy_from_slice(&plane[channel * n..][..n]);
                }
            }
            transpose(&stacked, [ni, nj, nk], out, |value| value);
        }
        let data = Array4::from_shape_vec((self.n_channels, ni, nj, nk), values)?;
        Volume::new(data, self.geometry.affine)
    }

    /// The values of some slices of one file.
    fn planes(&self, path: &Path, slices: &[usize]) -> Result<Vec<f32>> {
        let file = DicomFile::open(path, Part::Whole)?;
        let pixels = Pixels::of(&file)?;
        let n = pixels.n_pixels();
        ensure!(
            pixels.n_samples == self.n_channels && [pixels.columns, pixels.rows] == self.geometry.shape[..2],
            "the file has changed while it was read"
        );
        let mut planes = vec![0.0; slices.len() * self.n_channels * n];
        for (slice, plane) in slices.iter().zip(planes.chunks_exact_mut(n * self.n_channels)) {
            let Slice { frame_idx, frame, .. } = &self.slices[*slice];
            let (slope, intercept) = frame.rescale;
            for (channel, plane) in plane.chunks_exact_mut(n).enumerate() {
                pixels.each(*frame_idx, channel, |pixel, stored| {
                    plane[pixel] = (stored * slope + intercept) as f32;
                });
            }
        }
        Ok(planes)
    }

    fn of(uid: String, found: Found) -> Result<Self> {
        let Found { description, mut slices, n_channels, .. } = found;
        let first = slices.first().context("expected DICOM images, found none")?.clone();
        let normal = first.frame.normal();
        for slice in &slices {
            let apart = [
                norm(minus(slice.frame.along_row, first.frame.along_row)),
                norm(minus(slice.frame.along_column, first.frame.along_column)),
            ];
            let sizes = slice.frame.spacing.iter().zip(&first.frame.spacing);
            ensure!(
                slice.extents == first.extents
                    && apart.iter().all(|d| *d < 1e-3)
                    && sizes.clone().all(|(a, b)| (a - b).abs() <= 1e-3 * b),
                "expected slices on one lattice, found {} with {:?} pixels of {:?} mm and {} with {:?} of {:?} mm{}",
                first.path.display(),
                first.extents,
                first.frame.spacing,
                slice.path.display(),
                slice.extents,
                slice.frame.spacing,
                if apart.iter().any(|d| *d >= 1e-3) { ", turned against each other" } else { "" }
            );
        }
        slices.sort_by(|a, b| {
            let along = |slice: &Slice| dot(slice.frame.position, normal);
            along(a).total_cmp(&along(b)).then_with(|| a.path.cmp(&b.path))
        });
        let step = step(&slices, normal)?;
        let mut rows = [[0.0; 4], [0.0; 4], [0.0; 4], [0.0, 0.0, 0.0, 1.0]];
        let Frame { along_row, along_column, spacing, .. } = first.frame;
        for row in 0..3 {
            rows[row] = [
                along_row[row] * spacing[0],
                along_column[row] * spacing[1],
                step[row],
                slices[0].frame.position[row],
            ];
        }
        let [n_rows, n_columns] = first.extents;
        let geometry = Geometry { shape: [n_columns, n_rows, slices.len()], affine: Affine::new(rows)? };
        geometry
            .shape
            .iter()
            .chain([&n_channels, &8])
            .try_fold(1_usize, |n, &more| n.checked_mul(more))
            .context("expected a volume that fits an address space")?;
        Ok(Self { uid, description, slices, geometry, n_channels })
    }
}

/// The step from slice to slice, along which all of them must lie at equal distances.
fn step(slices: &[Slice], normal: [f64; 3]) -> Result<[f64; 3]> {
    let n = slices.len();
    if n == 1 {
        return Ok(normal.map(|v| v * slices[0].frame.thickness.unwrap_or(1.0)));
    }
    let distances: Vec<f64> = slices
        .windows(2)
        .map(|pair| dot(minus(pair[1].frame.position, pair[0].frame.position), normal))
        .collect();
    let names = |at: usize| format!("{} and {}", slices[at].path.display(), slices[at + 1].path.display());
    let smallest = 1e-3_f64;
    let doubled: Vec<_> = (0..n - 1).filter(|&at| distances[at] < smallest).map(names).collect();
    ensure!(
        doubled.is_empty(),
        "expected one slice in each place, found {} doubled: {}",
        doubled.len(),
        listed(&doubled)
    );
    // The usual distance is the median: gaps are few.
    let mut sorted = distances.clone();
    sorted.sort_by(f64::total_cmp);
    let usual = sorted[(n - 1) / 2];
    let gaps: Vec<_> = (0..n - 1)
        .filter(|&at| (distances[at] - usual).abs() > 0.1 * usual)
        .map(|at| format!("{:.3} mm between {}", distances[at], names(at)))
        .collect();
    ensure!(
        gaps.is_empty(),
        "expected slices every {usual:.3} mm, found {} gaps: {}",
        gaps.len(),
        listed(&gaps)
    );
    let (first, last) = (slices[0].frame.position, slices[n - 1].frame.position);
    let step = minus(last, first).map(|v| v / (n - 1) as f64);
    for (k, slice) in slices.iter().enumerate() {
        let expected: [f64; 3] = std::array::from_fn(|row| first[row] + k as f64 * step[row]);
        let off = norm(minus(slice.frame.position, expected));
        ensure!(
            off <= 0.1 * usual,
            "expected slices along one line, found {} {off:.3} mm beside it",
            slice.path.display()
        );
    }
    Ok(step)
}

fn listed(found: &[String]) -> String {
    let mut text = found[..found.len().min(5)].join("; ");
    if found.len() > 5 {
        text += "; …";
    }
    text
}

/// The images in a folder, or in one file, by series.
fn find(path: &Path) -> Result<BTreeMap<String, Found>> {
    let files = if path.is_dir() {
        crate::folder::names(path)?.iter().map(|name| path.join(name)).filter(|path| path.is_file()).collect()
    } else {
        ensure!(path.exists(), "expected a DICOM file or a folder of them, found nothing");
        vec![path.to_owned()]
    };
    let alone = !path.is_dir();
    let read: Vec<_> = files.par_iter().map(|file| images_of(file, alone)).collect::<Result<Vec<_>>>()?;
    let mut all: BTreeMap<String, Found> = BTreeMap::new();
    for (uid, one) in read.into_iter().flatten() {
        let found = all.entry(uid).or_insert_with(|| Found { slices: Vec::new(), n_files: 0, ..one.clone() });
        ensure!(
            found.n_channels == one.n_channels,
            "expected grey images or colors, found both in one series"
        );
        found.n_files += 1;
        found.slices.extend(one.slices);
    }
    Ok(all)
}

/// The images in one file and the series they are from; none where the file is no image.
fn images_of(path: &Path, alone: bool) -> Result<Option<(String, Found)>> {
    let named = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("dcm"));
    if !alone && !named {
        use std::io::Read as _;
        let mut start = Vec::new();
        fs::File::open(path)?.take(132).read_to_end(&mut start)?;
        if !is_dicom(&start) {
            return Ok(None);
        }
    }
    let file = DicomFile::open(path, Part::Header)?;
    let class = file.class();
    let is_image = file.attributes().count(tags::ROWS).is_some()
        && ![uids::SEGMENTATION_STORAGE, uids::LABEL_MAP_SEGMENTATION_STORAGE].contains(&class.as_str());
    if !is_image {
        ensure!(!alone, "expected a DICOM image, found an object of class {class}");
        return Ok(None);
    }
    let read = || -> Result<_> {
        let root = file.attributes();
        let extents = extents(&file)?;
        let slices = Frame::all(&file)?.into_iter().enumerate().map(|(frame_idx, frame)| Slice {
            path: path.to_owned(),
            frame_idx,
            frame,
            extents,
        });
        let found = Found {
            description: root.text(tags::SERIES_DESCRIPTION).unwrap_or_default(),
            n_files: 1,
            n_channels: root.count(tags::SAMPLES_PER_PIXEL).unwrap_or(1).clamp(1, 4),
            slices: slices.collect(),
        };
        Ok((root.text(tags::SERIES_INSTANCE_UID).unwrap_or_default(), found))
    };
    read().with_context(|| path.display().to_string()).map(Some)
}
