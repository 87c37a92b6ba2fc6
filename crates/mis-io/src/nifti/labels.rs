//! Raw label values to class indices.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, anyhow};
use mis_core::{ClassTable, UnknownLabels, nearest_integer};

use super::opened::{Opened, Planes};
use super::read::PLANES_OF_LABELS;
use crate::transpose::transpose_planes;

/// The way from stored voxels to class indices in our order, value by value, without a copy of the raw values.
pub(super) struct LabelReader<'a> {
    pub(super) classes: Option<&'a ClassTable>,
    pub(super) scaling: Option<(f64, f64)>,
    pub(super) shape: [usize; 3],
}

impl LabelReader<'_> {
    pub(super) fn read<const N: usize>(
        &self,
        file: Opened,
        number: impl Fn([u8; N]) -> f64 + Sync,
    ) -> Result<Vec<u8>> {
        let value = |voxel| match self.scaling {
            None => number(voxel),
            Some((slope, inter)) => number(voxel) * slope + inter,
        };
        let class_of = |voxel| self.class_of(value(voxel));
        let table: Vec<_> = if N <= 2 {
            let voxel = |bits: u32| std::array::from_fn(|byte| bits.to_le_bytes()[byte]);
            (0..1_u32 << (8 * N)).map(|bits| class_of(voxel(bits))).collect()
        } else {
            Vec::new()
        };
        // Values that no class names, by their bits, with their counts.
        let mut unknown = BTreeMap::new();
        let labels =
            file.read_into(self.shape.iter().product(), PLANES_OF_LABELS, &mut |planes, labels| {
                let Planes { ks, voxels, .. } = planes;
                if ks.start == 0 {
                    unknown.clear();
                }
                let (voxels, _) = voxels.as_chunks::<N>();
                let any_unknown = AtomicBool::new(false);
                let label = |class: Option<u8>| {
                    class.unwrap_or_else(|| {
                        any_unknown.store(true, Ordering::Relaxed);
                        0
                    })
                };
                if N <= 2 {
                    let place =
                        |voxel: [u8; N]| voxel.iter().rev().fold(0, |at, &byte| at << 8 | usize::from(byte));
                    transpose_planes(voxels, self.shape, ks, labels, |voxel| label(table[place(voxel)]));
                } else {
                    transpose_planes(voxels, self.shape, ks, labels, |voxel| label(class_of(voxel)));
                }
                if any_unknown.into_inner() {
                    for &voxel in voxels.iter().filter(|&&voxel| class_of(voxel).is_none()) {
                        *unknown.entry(value(voxel).to_bits()).or_default() += 1;
                    }
                }
            })?;
        if unknown.is_empty() { Ok(labels) } else { Err(self.unknown(&unknown)) }
    }

    fn class_of(&self, value: f64) -> Option<u8> {
        let value = nearest_integer(value)?;
        match self.classes {
            Some(classes) => classes.index_of(value),
            None => u8::try_from(value).ok(),
        }
    }

    fn unknown(&self, counts: &BTreeMap<u64, usize>) -> anyhow::Error {
        let mut found: Vec<_> = counts.iter().map(|(&bits, &n)| (f64::from_bits(bits), n)).collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        let others = found.split_off(found.len().min(MOST_LISTED));
        let mut found: Vec<_> = found.into_iter().map(|(value, n)| (value.to_string(), n)).collect();
        if !others.is_empty() {
            found.push((format!("{} other values", others.len()), others.iter().map(|(_, n)| n).sum()));
        }
        match self.classes {
            Some(classes) => UnknownLabels { expected: classes.values().collect(), found }.into(),
            None => {
                let found: Vec<_> = found.iter().map(|(value, n)| format!("{value} ({n} voxels)")).collect();
                anyhow!("expected the label values 0 to 255, found {}", found.join(", "))
            }
        }
    }
}

/// A scan given as labels has thousands of values: an error is one line.
const MOST_LISTED: usize = 12;
