//! Raw label values to class indices.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, anyhow};
use mis_core::{ClassTable, UnknownLabels, nearest_integer};

use crate::transpose::transpose;

/// The way from stored voxels to class indices in our order, value by value, without a copy of the raw values.
pub(super) struct LabelReader<'a> {
    pub(super) classes: Option<&'a ClassTable>,
    pub(super) scaling: Option<(f64, f64)>,
    pub(super) shape: [usize; 3],
}

impl LabelReader<'_> {
    pub(super) fn read<const N: usize>(
        &self,
        raw: &[u8],
        labels: &mut [u8],
        number: impl Fn([u8; N]) -> f64 + Sync,
    ) -> Result<()> {
        let (voxels, _) = raw.as_chunks::<N>();
        let value = |voxel| match self.scaling {
            None => number(voxel),
            Some((slope, inter)) => number(voxel) * slope + inter,
        };
        let unknown = AtomicBool::new(false);
        let label = |class: Option<u8>| {
            class.unwrap_or_else(|| {
                unknown.store(true, Ordering::Relaxed);
                0
            })
        };
        if N <= 2 {
            let table: Vec<_> = (0..1_u32 << (8 * N))
                .map(|bits| self.class_of(value(std::array::from_fn(|byte| bits.to_le_bytes()[byte]))))
                .collect();
            let place = |voxel: [u8; N]| voxel.iter().rev().fold(0, |at, &byte| at << 8 | usize::from(byte));
            transpose(voxels, self.shape, labels, |voxel| label(table[place(voxel)]));
        } else {
            transpose(voxels, self.shape, labels, |voxel| label(self.class_of(value(voxel))));
        }
        if unknown.into_inner() {
            return Err(self.unknown(voxels.iter().map(|&voxel| value(voxel))));
        }
        Ok(())
    }

    fn class_of(&self, value: f64) -> Option<u8> {
        let value = nearest_integer(value)?;
        match self.classes {
            Some(classes) => classes.index_of(value),
            None => u8::try_from(value).ok(),
        }
    }

    /// The error that lists what no class names.
    fn unknown(&self, values: impl Iterator<Item = f64>) -> anyhow::Error {
        let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
        for value in values.filter(|&value| self.class_of(value).is_none()) {
            *counts.entry(value.to_bits()).or_default() += 1;
        }
        let mut found: Vec<_> = counts.into_iter().map(|(bits, n)| (f64::from_bits(bits), n)).collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        let others = found.split_off(found.len().min(MOST_LISTED));
        let mut found: Vec<_> = found.into_iter().map(|(value, n)| (value.to_string(), n)).collect();
        if !others.is_empty() {
            found.push((format!("{} other values", others.len()), others.iter().map(|(_, n)| n).sum()));
        }
        match self.classes {
            Some(classes) => {
                let expected = classes.classes().iter().flat_map(|class| class.values.clone()).collect();
                UnknownLabels { expected, found }.into()
            }
            None => {
                let found: Vec<_> = found.iter().map(|(value, n)| format!("{value} ({n} voxels)")).collect();
                anyhow!("expected the label values 0 to 255, found {}", found.join(", "))
            }
        }
    }
}

/// A scan given as labels has thousands of values: an error is one line.
const MOST_LISTED: usize = 12;
