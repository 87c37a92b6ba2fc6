//! Where the frames of a file lie, and how their numbers are meant.

use anyhow::{Context as _, Result, ensure};
use dicom_dictionary_std::tags;

use super::file::{Attributes, DicomFile};

/// One picture of a file: its place in the patient and the meaning of its numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Frame {
    /// Place of the first pixel's center, in RAS+ mm.
    pub(super) position: [f64; 3],
    /// Unit step from column to column, RAS+.
    pub(super) along_row: [f64; 3],
    /// Unit step from row to row, RAS+.
    pub(super) along_column: [f64; 3],
    /// Distance in mm from column to column, and from row to row.
    pub(super) spacing: [f64; 2],
    /// Slope and intercept of the stored numbers.
    pub(super) rescale: (f64, f64),
    /// What the file says of the slices' distance in mm, if anything.
    pub(super) thickness: Option<f64>,
    /// The number of the segment that it shows, in a DICOM segmentation.
    pub(super) segment: Option<usize>,
}

impl Frame {
    /// The direction in which slices follow each other: rows times columns.
    pub(super) fn normal(&self) -> [f64; 3] {
        cross(self.along_row, self.along_column)
    }

    /// The frames of a file in their order.
    pub(super) fn all(file: &DicomFile) -> Result<Vec<Self>> {
        let root = file.attributes();
        let n_frames = n_frames(file);
        let per_frame = root.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
        ensure!(
            per_frame.is_empty() || per_frame.len() == n_frames,
            "expected the places of {n_frames} frames, found {}",
            per_frame.len()
        );
        if !per_frame.is_empty() {
            let shared = root.item(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE);
            return per_frame
                .into_iter()
                .enumerate()
                .map(|(n, own)| {
                    Self::of(&[Some(own), shared].into_iter().flatten().collect::<Vec<_>>(), root)
                        .with_context(|| format!("frame {}", n + 1))
                })
                .collect();
        }
        let first = Self::of(&[], root)?;
        if n_frames == 1 {
            return Ok(vec![first]);
        }
        // A dose grid: one plane after the other along the normal.
        let offsets = root.numbers(tags::GRID_FRAME_OFFSET_VECTOR).unwrap_or_default();
        ensure!(
            offsets.len() == n_frames,
            "expected the places of {n_frames} frames, found none (a film or an ultrasound has no volume)"
        );
        let normal = first.normal();
        // Offsets are relative to the first plane, or world positions along z.
        let base = offsets[0];
        Ok(offsets
            .iter()
            .map(|offset| Self {
                position: std::array::from_fn(|row| first.position[row] + (offset - base) * normal[row]),
                ..first.clone()
            })
            .collect())
    }

    /// One frame, from its own and the shared functional groups, or from the data set itself.
    fn of(groups: &[Attributes<'_>], root: Attributes<'_>) -> Result<Self> {
        let group = |tag| groups.iter().find_map(|group| group.item(tag)).unwrap_or(root);
        let position: [f64; 3] =
            group(tags::PLANE_POSITION_SEQUENCE)
                .exactly(tags::IMAGE_POSITION_PATIENT)
                .context("expected ImagePositionPatient, found none: the image has no place in space")?;
        let orientation: [f64; 6] = group(tags::PLANE_ORIENTATION_SEQUENCE)
            .exactly(tags::IMAGE_ORIENTATION_PATIENT)
            .context("expected ImageOrientationPatient, found none: the image has no place in space")?;
        let measures = group(tags::PIXEL_MEASURES_SEQUENCE);
        // Between rows first, then between columns.
        let [rows, columns]: [f64; 2] = measures
            .exactly(tags::PIXEL_SPACING)
            .context("expected PixelSpacing, found none: the size of a pixel is not known")?;
        ensure!(
            [rows, columns].iter().all(|mm| mm.is_finite() && *mm > 0.0),
            "expected a positive PixelSpacing, found {rows}\\{columns}"
        );
        ensure!(
            position.iter().chain(&orientation).all(|v| v.is_finite()),
            "expected a finite place in space, found {position:?} and {orientation:?}"
        );
        let [xr, yr, zr, xc, yc, zc] = orientation;
        let (along_row, along_column) = (ras([xr, yr, zr]), ras([xc, yc, zc]));
        ensure!(
            norm(cross(along_row, along_column)) > 0.99
                && norm(along_row) < 1.01
                && norm(along_column) < 1.01,
            "expected rows and columns at right angles in ImageOrientationPatient, found {orientation:?}"
        );
        let transformation = group(tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE);
        let slope =
            transformation.number(tags::RESCALE_SLOPE).or_else(|| root.number(tags::DOSE_GRID_SCALING));
        let rescale = (slope.unwrap_or(1.0), transformation.number(tags::RESCALE_INTERCEPT).unwrap_or(0.0));
        ensure!(
            rescale.0.is_finite() && rescale.1.is_finite() && rescale.0 != 0.0,
            "expected a slope other than 0 and an intercept, found {rescale:?}"
        );
        let thickness = measures
            .number(tags::SPACING_BETWEEN_SLICES)
            .or_else(|| measures.number(tags::SLICE_THICKNESS))
            .map(f64::abs)
            .filter(|mm| mm.is_finite() && *mm > 0.0);
        let segment = groups
            .iter()
            .find_map(|group| group.item(tags::SEGMENT_IDENTIFICATION_SEQUENCE))
            .and_then(|group| group.count(tags::REFERENCED_SEGMENT_NUMBER));
        Ok(Self {
            position: ras(position),
            along_row,
            along_column,
            spacing: [columns, rows],
            rescale,
            thickness,
            segment,
        })
    }
}

/// How many pictures a file holds.
pub(super) fn n_frames(file: &DicomFile) -> usize {
    file.attributes().number(tags::NUMBER_OF_FRAMES).map_or(1, |n| n.clamp(1.0, 1e9) as usize)
}

/// From DICOM's axes (left, back, head) to ours (right, front, head), or back.
pub(super) fn ras([x, y, z]: [f64; 3]) -> [f64; 3] {
    // Zero has no sign here.
    [0.0 - x, 0.0 - y, z]
}

pub(super) fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(super) fn norm(a: [f64; 3]) -> f64 {
    dot(a, a).sqrt()
}

pub(super) fn minus(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}
