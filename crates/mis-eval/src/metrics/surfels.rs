//! The surface between voxels, in pieces.

use crate::metrics::bit_mask::{BitMask, shifted_up};

/// The points where voxels of the mask meet voxels that are not: point `(i, j, k)` lies before voxel `(i, j, k)` along
/// each of the axes, so that there is one point more than voxels along them. Along other axes points are at voxels.
pub(crate) fn borders(mask: &BitMask, axes: [bool; 3]) -> BitMask {
    let shape = mask.shape();
    let mut borders = BitMask::empty([0, 1, 2].map(|axis| shape[axis] + usize::from(axes[axis])));
    let outside = vec![0; shape[2].div_ceil(64)];
    borders.fill(|i, j, borders| {
        let rows = around(mask, axes, [i, j]).map(|row| row.unwrap_or(&outside));
        for (word, border) in borders.iter_mut().enumerate() {
            // A row that ends with a word's last bit reaches into one word more of points.
            let at = |row: &[u64]| row.get(word).copied().unwrap_or(0);
            let before = |row: &[u64]| match (axes[2], word < row.len()) {
                (false, _) => at(row),
                (true, true) => shifted_up(row, word),
                (true, false) => row[word - 1] >> 63,
            };
            let any = rows.iter().fold(0, |any, row| any | at(row) | before(row));
            let all = rows.iter().fold(u64::MAX, |all, row| all & at(row) & before(row));
            *border = any & !all;
        }
    });
    borders
}

/// The four rows of voxels around a row of points, none beyond the mask: those before and behind along i and j.
fn around(mask: &BitMask, axes: [bool; 3], at: [usize; 2]) -> [Option<&[u64]>; 4] {
    let shape = mask.shape();
    std::array::from_fn(|corner| {
        let behind = [corner / 2, corner % 2];
        // wrapping: one before the first is beyond the last.
        let [i, j] = [0, 1]
            .map(|axis| if axes[axis] && behind[axis] == 0 { at[axis].wrapping_sub(1) } else { at[axis] });
        (i < shape[0] && j < shape[1]).then(|| mask.row(i, j))
    })
}

/// How large the surface is at a point, by which of the eight voxels around it are of the mask.
#[derive(Debug)]
pub(crate) struct Surfels {
    axes: [bool; 3],
    areas: [f64; 256],
}

impl Surfels {
    /// The areas for a spacing in mm: in mm², in a 2-D image in mm.
    pub(crate) fn new(spacing: [f64; 3], axes: [bool; 3]) -> Self {
        // A 2-D image is a slab of thickness 1: area is length.
        let spacing = [0, 1, 2].map(|axis| if axes[axis] { spacing[axis] } else { 1.0 });
        Self { axes, areas: std::array::from_fn(|code| area(code, spacing)) }
    }

    /// The area at a point of the mask's [`borders`].
    pub(crate) fn area(&self, mask: &BitMask, at: [usize; 3]) -> f64 {
        let [i, j, k] = at;
        let n_k = mask.shape()[2];
        let ks = [if self.axes[2] { k.wrapping_sub(1) } else { k }, k];
        let mut code = 0;
        for (corner, row) in around(mask, self.axes, [i, j]).into_iter().enumerate() {
            let Some(row) = row else { continue };
            for (place, k) in ks.into_iter().enumerate().filter(|(_, k)| *k < n_k) {
                code |= ((row[k / 64] >> (k % 64)) as usize & 1) << (2 * corner + place);
            }
        }
        self.areas[code]
    }
}

/// The area of the surface that marching cubes (Lorensen & Cline 1987) lay through a cube with a voxel at each of its
/// eight corners, bit `4 i + 2 j + k` of `code` telling whether voxel `(i, j, k)` is of the mask; the surface cuts the
/// cube's edges in their middle.
///
/// Corners of the rarer kind that no edge of the cube joins are cut off each for itself, so that the area is the sum
/// over their groups.
fn area(code: usize, spacing: [f64; 3]) -> f64 {
    let of_mask = |corner: usize| code >> corner & 1 == 1;
    let rarer = code.count_ones() <= 4;
    let mut left: Vec<usize> = (0..8).filter(|&corner| of_mask(corner) == rarer).collect();
    let mut area = 0.0;
    while let Some(first) = left.pop() {
        let mut group = vec![first];
        let mut next = 0;
        while next < group.len() {
            let corner = group[next];
            let (joined, apart) = left.into_iter().partition(|&other| is_edge(corner, other));
            let joined: Vec<usize> = joined;
            group.extend(joined);
            left = apart;
            next += 1;
        }
        area += group_area(&group, spacing);
    }
    area
}

fn is_edge(corner: usize, other: usize) -> bool {
    (corner ^ other).count_ones() == 1
}

/// The area that cuts off a group of up to four corners that edges join.
fn group_area(group: &[usize], spacing: [f64; 3]) -> f64 {
    // A face of the cube across each axis.
    let faces = [spacing[1] * spacing[2], spacing[0] * spacing[2], spacing[0] * spacing[1]];
    let length = |faces: [f64; 3]| faces.iter().map(|face| face * face).sum::<f64>().sqrt();
    // All of them, or all but the one across an axis.
    let all = length(faces);
    let but = |axis: usize| length([0, 1, 2].map(|other| if other == axis { 0.0 } else { faces[other] }));
    // Edges within the group, by axis, and how many of them each corner has.
    let mut n_edges = [0; 3];
    let mut n_of_corner = [0; 8];
    let mut edges = Vec::new();
    for (place, &corner) in group.iter().enumerate() {
        for &other in group[..place].iter().filter(|&&other| is_edge(corner, other)) {
            let axis = match corner ^ other {
                4 => 0,
                2 => 1,
                _ => 2,
            };
            n_edges[axis] += 1;
            n_of_corner[corner] += 1;
            n_of_corner[other] += 1;
            edges.push((corner, other, axis));
        }
    }
    let axis_without = n_edges.iter().position(|&n| n == 0);
    let axis_with = n_edges.iter().position(|&n| n > 0);
    match (group.len(), edges.len()) {
        // A triangle.
        (1, _) => all / 8.0,
        // A rectangle along the edge.
        (2, _) => but(axis_with.unwrap_or(0)) / 2.0,
        // A pentagon: half a face, and triangles.
        (3, _) => faces[axis_without.unwrap_or(0)] / 2.0 + 3.0 / 8.0 * all,
        // A face of the cube, moved.
        (_, 4) => faces[axis_without.unwrap_or(0)],
        // A corner with its three neighbors: a hexagon.
        _ if n_of_corner.contains(&3) => 3.0 / 4.0 * all,
        // A path along all three axes: a hexagon that is not flat.
        _ => {
            let is_end = |&&(corner, other, _): &&(usize, usize, usize)| {
                n_of_corner[corner] == 1 || n_of_corner[other] == 1
            };
            all / 2.0 + edges.iter().filter(is_end).map(|&(.., axis)| but(axis) / 4.0).sum::<f64>()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_and_the_rest_have_one_surface() {
        for code in 0..256 {
            let spacing = [3.0, 0.78, 1.2];
            assert!((area(code, spacing) - area(255 - code, spacing)).abs() < 1e-12, "{code}");
        }
    }

    #[test]
    fn a_flat_surface_has_the_area_of_its_voxels_faces() {
        let slab = (0..8).filter(|corner| corner & 4 == 0).map(|corner| 1 << corner).sum();
        assert_eq!(area(slab, [3.0, 0.5, 2.0]), 1.0);
        assert_eq!(area(1, [1.0; 3]), 3_f64.sqrt() / 8.0);
        assert_eq!(area(0, [1.0; 3]) + area(255, [1.0; 3]), 0.0);
    }
}
