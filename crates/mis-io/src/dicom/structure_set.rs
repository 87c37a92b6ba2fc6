//! Structure sets of radiotherapy to label maps.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use dicom_dictionary_std::{tags, uids};
use mis_core::{ClassTable, Geometry, LabelMap};
use ndarray::{Array3, Axis};

use super::file::{Attributes, DicomFile, Part};
use super::frame::ras;
use super::named_classes::classes_of;
use crate::Others;

/// Reads a structure set (RTSTRUCT) onto the lattice of the scan that it was drawn on, by region names that are class
/// names.
///
/// A voxel is inside where its center is, by the even-odd rule: a contour within another of its region is a hole. Only
/// planes that have contours are filled; a region drawn on every other slice stays so. A voxel of several regions takes
/// the class that stands last in the table. A region that no class names is an error unless `others` says otherwise, and
/// so is a contour that lies between the scan's planes.
pub fn read_structure_set(
    path: &Path,
    lattice: &Geometry,
    classes: &ClassTable,
    others: Others,
) -> Result<LabelMap> {
    let read = || -> Result<LabelMap> {
        let file = open(path)?;
        let regions = regions(&file);
        let names: Vec<_> = regions.iter().map(|(_, name)| name.clone()).collect();
        let classes = classes_of("regions", &names, classes, others)?;
        let contours: BTreeMap<usize, Attributes<'_>> = file
            .attributes()
            .items(tags::ROI_CONTOUR_SEQUENCE)
            .into_iter()
            .filter_map(|item| Some((item.count(tags::REFERENCED_ROI_NUMBER)?, item)))
            .collect();
        let mut labels = Array3::<u8>::zeros(lattice.shape);
        for ((number, name), class) in regions.iter().zip(classes) {
            let (Some(class), Some(item)) = (class, contours.get(number)) else { continue };
            draw(*item, lattice, class, &mut labels).with_context(|| format!("region {name:?}"))?;
        }
        LabelMap::new(labels, lattice.affine)
    };
    read().with_context(|| path.display().to_string())
}

/// The names of a structure set's regions, in their order.
pub fn region_names(path: &Path) -> Result<Vec<String>> {
    let file = open(path).with_context(|| path.display().to_string())?;
    Ok(regions(&file).into_iter().map(|(_, name)| name).collect())
}

fn open(path: &Path) -> Result<DicomFile> {
    let file = DicomFile::open(path, Part::Whole)?;
    let class = file.class();
    ensure!(
        class == uids::RT_STRUCTURE_SET_STORAGE,
        "expected a DICOM structure set, found an object of class {class}"
    );
    Ok(file)
}

fn regions(file: &DicomFile) -> Vec<(usize, String)> {
    let items = file.attributes().items(tags::STRUCTURE_SET_ROI_SEQUENCE);
    let region = |item: Attributes<'_>| {
        Some((item.count(tags::ROI_NUMBER)?, item.text(tags::ROI_NAME).unwrap_or_default()))
    };
    items.into_iter().filter_map(region).collect()
}

/// How far from a plane, in planes, a contour may lie that is drawn on it. One between two planes is of another series:
/// several such would fall on one plane, and make holes of each other.
const OFF_PLANE: f64 = 0.25;

/// Draws the contours of one region.
fn draw(item: Attributes<'_>, lattice: &Geometry, class: u8, labels: &mut Array3<u8>) -> Result<()> {
    // Contours by the axis that they are flat along and the voxel plane: holes are found within a plane.
    let mut planes: BTreeMap<(usize, usize), Vec<Vec<[f64; 2]>>> = BTreeMap::new();
    for contour in item.items(tags::CONTOUR_SEQUENCE) {
        let kind = contour.text(tags::CONTOUR_GEOMETRIC_TYPE).unwrap_or_default();
        if kind == "POINT" {
            continue; // a mark has no inside
        }
        ensure!(kind.starts_with("CLOSED"), "expected closed contours, found {kind:?}");
        let numbers = contour.numbers(tags::CONTOUR_DATA).unwrap_or_default();
        ensure!(
            numbers.len() % 3 == 0 && numbers.iter().all(|v| v.is_finite()),
            "expected points of three finite numbers, found {} numbers",
            numbers.len()
        );
        let points: Vec<[f64; 3]> =
            numbers.chunks_exact(3).map(|p| lattice.affine.index(ras([p[0], p[1], p[2]]))).collect();
        if points.is_empty() {
            continue;
        }
        let range = |axis: usize| {
            let along = points.iter().map(|point| point[axis]);
            (along.clone().fold(f64::INFINITY, f64::min), along.fold(f64::NEG_INFINITY, f64::max))
        };
        // Slices first where a contour is a point in several.
        let flat = [2, 1, 0].into_iter().find(|&axis| range(axis).1 - range(axis).0 < 0.5);
        let axis = flat.context("expected contours along the scan's planes, found an oblique one")?;
        let (low, high) = range(axis);
        let at = f64::midpoint(low, high);
        let plane = at.round();
        ensure!(
            (at - plane).abs() <= OFF_PLANE,
            "expected contours on the scan's planes, found one at {at:.2} between them (read the structure set on the \
             series that it was drawn on)"
        );
        ensure!(
            plane >= 0.0 && plane < lattice.shape[axis] as f64,
            "expected contours inside the scan, found one in plane {plane} of {}",
            lattice.shape[axis]
        );
        let [u, v] = others_than(axis);
        let polygon = points.iter().map(|point| [point[u], point[v]]).collect();
        planes.entry((axis, plane as usize)).or_default().push(polygon);
    }
    for ((axis, plane), polygons) in planes {
        let mut plane = labels.index_axis_mut(Axis(axis), plane);
        let (n_u, n_v) = plane.dim();
        for u in 0..n_u {
            for (from, to) in spans(&polygons, u as f64) {
                // Centers from `from` on and before `to`.
                let from = from.ceil().max(0.0) as usize;
                let to = (to.ceil().max(0.0) as usize).min(n_v);
                for v in from..to {
                    plane[(u, v)] = plane[(u, v)].max(class);
                }
            }
        }
    }
    Ok(())
}

fn others_than(axis: usize) -> [usize; 2] {
    [[1, 2], [0, 2], [0, 1]][axis]
}

/// Where the line at `u` is inside, by the even-odd rule.
fn spans(polygons: &[Vec<[f64; 2]>], u: f64) -> Vec<(f64, f64)> {
    let mut crossings = Vec::new();
    for polygon in polygons {
        for (n, a) in polygon.iter().enumerate() {
            let b = &polygon[(n + 1) % polygon.len()];
            // Half-open: a corner on the line counts for one of its two edges.
            if (a[0] <= u) != (b[0] <= u) {
                crossings.push(a[1] + (u - a[0]) / (b[0] - a[0]) * (b[1] - a[1]));
            }
        }
    }
    crossings.sort_by(f64::total_cmp);
    crossings.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_holds_the_centers_inside_it_and_a_square_within_is_a_hole() {
        let square = |low: f64, high: f64| vec![[low, low], [low, high], [high, high], [high, low]];
        let polygons = [square(0.5, 8.5), square(2.5, 5.5)];
        assert_eq!(spans(&polygons, 1.0), [(0.5, 8.5)]);
        assert_eq!(spans(&polygons, 4.0), [(0.5, 2.5), (5.5, 8.5)]);
        assert_eq!(spans(&polygons, 0.0), []);
    }
}
