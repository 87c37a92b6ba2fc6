//! Patches that teach nothing about the classes.

use anyhow::{Result, ensure};
use mis_core::{IGNORE, LabelMap, PatchLocation};
use serde::de::{self, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Leaves out blank patches: those that hold one class only (MIScnn's paper), or less foreground than is asked for.
///
/// In an experiment file `skip-blank = true`, or a table of these options. Voxels outside the scan do not count; a patch
/// without labels is not blank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SkipBlank {
    /// The share of voxels that must not be background, 0 to 1; 0 asks for no more than a second class.
    pub min_foreground: f64,
    /// The probability with which a blank patch is kept all the same, 0 to 1: a network that never sees air finds tumors
    /// in it.
    pub keep_rate: f64,
}

impl SkipBlank {
    /// Says which share cannot be.
    pub fn check(&self) -> Result<()> {
        for (name, share) in [("min-foreground", self.min_foreground), ("keep-rate", self.keep_rate)] {
            ensure!(
                (0.0..=1.0).contains(&share),
                "patches: {name} of skip-blank must be 0 to 1, got {share}"
            );
        }
        Ok(())
    }

    pub(crate) fn is_blank(&self, labels: &LabelMap, at: &PatchLocation) -> bool {
        // Voxels that nobody has labelled are of no class.
        let rows = || at.rows(labels.shape()).map(|row| &labels.as_slice()[row]);
        let Some(&first) = rows().flatten().find(|&&label| label != IGNORE) else { return true };
        let one_class = rows().all(|row| row.iter().all(|&label| label == first || label == IGNORE));
        if one_class || self.min_foreground == 0.0 {
            return one_class;
        }
        let (mut n, mut n_foreground) = (0, 0);
        for row in rows() {
            n += row.iter().filter(|&&label| label != IGNORE).count();
            n_foreground += row.iter().filter(|&&label| label != 0 && label != IGNORE).count();
        }
        (n_foreground as f64) < self.min_foreground * n as f64
    }
}

/// `false`, `true` or a table, for an option that is none, the default or one with options.
pub(crate) mod as_switch {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(
        rule: &Option<SkipBlank>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match rule {
            None => serializer.serialize_bool(false),
            Some(rule) if *rule == SkipBlank::default() => serializer.serialize_bool(true),
            Some(rule) => rule.serialize(serializer),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<SkipBlank>, D::Error> {
        struct Switch;

        impl<'de> Visitor<'de> for Switch {
            type Value = Option<SkipBlank>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false, or a table of min-foreground and keep-rate")
            }

            fn visit_bool<E: de::Error>(self, on: bool) -> Result<Self::Value, E> {
                Ok(on.then(SkipBlank::default))
            }

            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Self::Value, A::Error> {
                SkipBlank::deserialize(MapAccessDeserializer::new(table)).map(Some)
            }
        }

        deserializer.deserialize_any(Switch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::{Affine, ndarray::Array3};

    #[track_caller]
    fn check(labels: [u8; 8], min_foreground: f64, expected: bool) {
        let labels = Array3::from_shape_vec([2, 4, 1], labels.to_vec()).unwrap();
        let labels = LabelMap::new(labels, Affine::from_spacing([1.0; 3])).unwrap();
        let rule = SkipBlank { min_foreground, keep_rate: 0.0 };
        // Reaches over the border, where nothing counts.
        let at = PatchLocation { start: [-1, 0, 0], shape: [3, 4, 2] };
        assert_eq!(rule.is_blank(&labels, &at), expected);
    }

    #[test]
    fn a_patch_of_one_class_is_blank_whichever_it_is() {
        check([0; 8], 0.0, true);
        check([2; 8], 0.0, true);
        check([0, 0, 0, 0, 0, 0, 1, 0], 0.0, false);
        check([IGNORE, 0, 0, IGNORE, 0, 0, 0, 0], 0.0, true);
        check([IGNORE, 2, 0, IGNORE, 0, 0, 0, 0], 0.0, false);
        check([IGNORE; 8], 0.0, true);
    }

    #[test]
    fn a_patch_of_less_foreground_than_asked_for_is_blank() {
        check([0, 0, 0, 0, 0, 1, 1, 0], 0.25, false);
        check([0, 0, 0, 0, 0, 1, 1, 0], 0.26, true);
        check([2; 8], 0.5, true);
        check([0, 0, 0, IGNORE, IGNORE, IGNORE, IGNORE, 1], 0.25, false);
    }
}
