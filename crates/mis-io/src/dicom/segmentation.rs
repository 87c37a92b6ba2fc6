//! DICOM segmentations to label maps.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use dicom_dictionary_std::{tags, uids};
use mis_core::{ClassTable, Geometry, LabelMap};
use ndarray::Array3;

use super::file::{DicomFile, Part};
use super::frame::Frame;
use super::named_classes::classes_of;
use super::pixels::Pixels;
use crate::Others;

/// Reads a DICOM segmentation (SEG) onto the lattice of the scan that it was drawn on, by segment labels that are
/// class names.
///
/// Binary segments, fractional ones (at least half is inside) and label maps are read. A voxel of several segments takes
/// the class that stands last in the table. A segment that no class names is an error unless `others` says otherwise,
/// and so are frames that do not lie on the scan's voxels.
pub fn read_segmentation(
    path: &Path,
    lattice: &Geometry,
    classes: &ClassTable,
    others: Others,
) -> Result<LabelMap> {
    let read = || -> Result<LabelMap> {
        let file = DicomFile::open(path, Part::Whole)?;
        let class = file.class();
        ensure!(
            [uids::SEGMENTATION_STORAGE, uids::LABEL_MAP_SEGMENTATION_STORAGE].contains(&class.as_str()),
            "expected a DICOM segmentation, found an object of class {class}"
        );
        let segments = Segments::of(&file, classes, others)?;
        let root = file.attributes();
        let pixels = Pixels::of(&file)?;
        let kind = root.text(tags::SEGMENTATION_TYPE).unwrap_or_default();
        // Half of what a full voxel is given as.
        let half = if kind == "FRACTIONAL" {
            root.number(tags::MAXIMUM_FRACTIONAL_VALUE).unwrap_or(255.0) / 2.0
        } else {
            0.5
        };
        let mut labels = Array3::<u8>::zeros(lattice.shape);
        for (frame_idx, frame) in Frame::all(&file)?.into_iter().enumerate() {
            let segment = match (kind.as_str(), frame.segment) {
                ("LABELMAP", _) => None,
                (_, Some(number)) => Some(segments.class_of(number)?),
                (_, None) => anyhow::bail!("expected the segment of frame {}, found none", frame_idx + 1),
            };
            if segment == Some(0) {
                continue;
            }
            let place = OnLattice::of(&frame, lattice, [pixels.rows, pixels.columns])
                .with_context(|| format!("frame {}", frame_idx + 1))?;
            let mut outside = 0_usize;
            let mut unknown = None;
            pixels.each(frame_idx, 0, |pixel, value| {
                let class = match segment {
                    Some(class) if value >= half => class,
                    None if value > 0.0 => match segments.class_of(value as usize) {
                        Ok(class) => class,
                        Err(error) => {
                            unknown = Some(error);
                            0
                        }
                    },
                    _ => return,
                };
                match place.voxel(pixel / pixels.columns, pixel % pixels.columns) {
                    Some(voxel) => labels[voxel] = labels[voxel].max(class),
                    None => outside += 1,
                }
            });
            if let Some(error) = unknown {
                return Err(error);
            }
            ensure!(
                outside == 0,
                "expected segments inside the scan, found {outside} voxels of frame {} outside",
                frame_idx + 1
            );
        }
        LabelMap::new(labels, lattice.affine)
    };
    read().with_context(|| path.display().to_string())
}

/// The labels of a segmentation's segments, in their order.
pub fn segment_names(path: &Path) -> Result<Vec<String>> {
    let file = DicomFile::open(path, Part::Header)?;
    let names = file.attributes().items(tags::SEGMENT_SEQUENCE);
    Ok(names.iter().filter_map(|segment| segment.text(tags::SEGMENT_LABEL)).collect())
}

/// Numbers of segments and their classes, 0 for those that are left out.
struct Segments(Vec<(usize, u8)>);

impl Segments {
    fn of(file: &DicomFile, classes: &ClassTable, others: Others) -> Result<Self> {
        let mut numbers = Vec::new();
        let mut names = Vec::new();
        for segment in file.attributes().items(tags::SEGMENT_SEQUENCE) {
            numbers.push(
                segment.count(tags::SEGMENT_NUMBER).context("expected numbers of segments, found none")?,
            );
            names.push(segment.text(tags::SEGMENT_LABEL).unwrap_or_default());
        }
        let found = classes_of("segments", &names, classes, others)?;
        Ok(Self(numbers.into_iter().zip(found.into_iter().map(Option::unwrap_or_default)).collect()))
    }

    fn class_of(&self, number: usize) -> Result<u8> {
        let known = self.0.iter().find(|(known, _)| *known == number);
        known.map(|(_, class)| *class).with_context(|| {
            let numbers: Vec<_> = self.0.iter().map(|(number, _)| number).collect();
            format!("expected one of the segments {numbers:?}, found {number}")
        })
    }
}

/// Where the pixels of a frame lie on a lattice: voxels, in any order and direction of the axes.
struct OnLattice {
    first: [f64; 3],
    per_row: [f64; 3],
    per_column: [f64; 3],
    shape: [usize; 3],
}

impl OnLattice {
    fn of(frame: &Frame, lattice: &Geometry, [rows, columns]: [usize; 2]) -> Result<Self> {
        let at = |row: f64, column: f64| {
            let [along_columns, along_rows] = [column * frame.spacing[0], row * frame.spacing[1]];
            lattice.affine.index(std::array::from_fn(|axis| {
                frame.position[axis]
                    + along_columns * frame.along_row[axis]
                    + along_rows * frame.along_column[axis]
            }))
        };
        let first = at(0.0, 0.0);
        let (last_row, last_column) = ((rows - 1) as f64, (columns - 1) as f64);
        for corner in [first, at(last_row, 0.0), at(0.0, last_column), at(last_row, last_column)] {
            let off = corner.iter().map(|x| (x - x.round()).abs()).fold(0.0, f64::max);
            ensure!(
                off < 0.1,
                "expected pixels on the scan's voxels, found a corner at voxel ({:.2}, {:.2}, {:.2})",
                corner[0],
                corner[1],
                corner[2]
            );
        }
        let (next_row, next_column) = (at(1.0, 0.0), at(0.0, 1.0));
        let step = |next: [f64; 3]| std::array::from_fn(|axis| next[axis] - first[axis]);
        let (per_row, per_column): ([f64; 3], [f64; 3]) = (step(next_row), step(next_column));
        // One pixel is one voxel: a coarser or finer segmentation has corners on voxels too.
        for step in [per_row, per_column] {
            let longest = step.iter().map(|x| x.abs()).fold(0.0, f64::max);
            ensure!(
                (longest - 1.0).abs() < 0.01,
                "expected pixels of the scan's size, found steps of {longest:.3} voxels"
            );
        }
        Ok(Self { first, per_row, per_column, shape: lattice.shape })
    }

    fn voxel(&self, row: usize, column: usize) -> Option<[usize; 3]> {
        let mut voxel = [0; 3];
        for axis in 0..3 {
            let x =
                self.first[axis] + row as f64 * self.per_row[axis] + column as f64 * self.per_column[axis];
            let x = x.round();
            if x < 0.0 || x >= self.shape[axis] as f64 {
                return None;
            }
            voxel[axis] = x as usize;
        }
        Some(voxel)
    }
}
