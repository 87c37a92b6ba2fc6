//! What an experiment says of augmentation.

use std::borrow::Cow;
use std::fmt;

use anyhow::{Result, ensure};
use mis_core::{PatchLocation, Sample, SampleRng, Transform};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Augmentation, Sequence, miscnn, standard};

/// The augmentation of an experiment: a preset by its name, or a list of transforms.
///
/// `augment = "standard"`, `"miscnn"` or `"none"`, or `augment = [ "spatial", "mirror" ]`, or either in
/// [`Cycles`](crate::Cycles), `augment = { cycles = 2, transforms = "miscnn" }`. In Rust any transform of this crate turns
/// into it.
#[derive(Clone, Debug)]
pub enum Augment {
    /// None at all.
    None,
    /// nnU-Net's chain: [`standard`].
    Standard,
    /// MIScnn's chain: [`miscnn`].
    Miscnn,
    /// These transforms in their order.
    List(Sequence),
    /// One of the others, for several patches of a case at each visit.
    Cycles {
        /// How many times; see [`Cycles`](crate::Cycles).
        n: usize,
        /// What happens to each of the patches.
        transforms: Box<Augment>,
    },
}

const PRESETS: &[&str] = &["none", "standard", "miscnn"];

impl Augment {
    /// The transforms in their order, presets written out.
    #[must_use]
    pub fn sequence(&self) -> Sequence {
        match self {
            Self::None => Sequence::default(),
            Self::Standard => standard(),
            Self::Miscnn => miscnn(),
            Self::List(sequence) => sequence.clone(),
            Self::Cycles { transforms, .. } => transforms.sequence(),
        }
    }

    /// The same, `n` times at each visit to a case.
    #[must_use]
    pub fn in_cycles(self, n: usize) -> Self {
        Self::Cycles { n, transforms: Box::new(self) }
    }

    /// How many times the patches of a case are taken at each visit.
    #[must_use]
    pub fn n_cycles(&self) -> usize {
        match self {
            Self::Cycles { n, transforms } => n * transforms.n_cycles(),
            _ => 1,
        }
    }

    /// Says what is wrong with the options, before any draw.
    pub fn check(&self) -> Result<()> {
        ensure!(self.n_cycles() > 0, "cycles must be 1 or more, got 0");
        self.sequence().check()
    }
}

impl Transform for Augment {
    fn apply(&self, sample: Sample, rng: &mut SampleRng) -> Sample {
        self.sequence().apply(sample, rng)
    }

    fn apply_at(&self, scan: &Sample, at: &PatchLocation, rng: &mut SampleRng) -> Sample {
        self.sequence().apply_at(scan, at, rng)
    }
}

impl<T: Into<Augmentation>> From<T> for Augment {
    fn from(transform: T) -> Self {
        match transform.into() {
            Augmentation::Sequence(sequence) => Self::List(sequence),
            other => Self::List(Sequence::new([other])),
        }
    }
}

impl Serialize for Augment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_str("none"),
            Self::Standard => serializer.serialize_str("standard"),
            Self::Miscnn => serializer.serialize_str("miscnn"),
            Self::List(sequence) => sequence.serialize(serializer),
            Self::Cycles { n, transforms } => {
                CyclesForm { cycles: *n, transforms: Cow::Borrowed(transforms) }.serialize(serializer)
            }
        }
    }
}

/// Cycles as a file has them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CyclesForm<'a> {
    cycles: usize,
    transforms: Cow<'a, Augment>,
}

impl<'de> Deserialize<'de> for Augment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;

        impl<'de> de::Visitor<'de> for Form {
            type Value = Augment;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "the name of a preset, a list of transforms, or a table with cycles and transforms",
                )
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Augment, E> {
                match name {
                    "none" => Ok(Augment::None),
                    "standard" => Ok(Augment::Standard),
                    "miscnn" => Ok(Augment::Miscnn),
                    _ => Err(E::unknown_variant(name, PRESETS)),
                }
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, list: A) -> Result<Augment, A::Error> {
                Ok(Augment::List(Sequence::deserialize(SeqAccessDeserializer::new(list))?))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, table: A) -> Result<Augment, A::Error> {
                let form = CyclesForm::deserialize(MapAccessDeserializer::new(table))?;
                Ok(form.transforms.into_owned().in_cycles(form.cycles))
            }
        }

        deserializer.deserialize_any(Form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        BiasField, Elastic, Factor, Gamma, Mirror, OneOf, Outside, PerChannel, Rot90, ScaleAxes, Sometimes,
        Spatial, Strength,
    };

    #[track_caller]
    fn check(json: &str, expected: impl Into<Augment>) {
        let expected = format!("{:?}", expected.into());
        let found: Augment = serde_json::from_str(json).unwrap();
        assert_eq!(format!("{found:?}"), expected);
        let again: Augment = serde_json::from_str(&serde_json::to_string(&found).unwrap()).unwrap();
        assert_eq!(format!("{again:?}"), expected);
    }

    #[test]
    fn a_file_names_a_preset_or_lists_transforms() {
        for (name, preset) in [("none", Augment::None), ("standard", Augment::Standard)] {
            let found: Augment = serde_json::from_str(&format!("{name:?}")).unwrap();
            assert_eq!(format!("{found:?}"), format!("{preset:?}"));
            assert_eq!(serde_json::to_string(&found).unwrap(), format!("{name:?}"));
        }
        let gamma = Gamma { exponent: Factor::AroundOne([0.5, 2.0]), ..Gamma::default() };
        check(
            r#"[ "spatial", { "sometimes": { "p": 0.3, "transform": { "gamma": { "exponent": { "around-one": [0.5, 2] } } } } },
                 { "one-of": ["mirror", "gaussian-noise"] } ]"#,
            Sequence::new([
                Spatial::default().into(),
                Sometimes::new(0.3, gamma).into(),
                OneOf::new([Mirror::default().into(), crate::GaussianNoise::default().into()]).into(),
            ]),
        );
        check(&serde_json::to_string(&standard()).unwrap(), standard());
        check(r#"{ "cycles": 2, "transforms": "miscnn" }"#, Augment::Miscnn.in_cycles(2));
        let elastic = Elastic { sigma: [8.0, 9.0], strength: Strength::Largest([2.0, 5.0]) };
        check(
            r#"[ { "spatial": { "scale-axes": "each", "elastic": { "sigma": [8, 9], "strength": { "largest": [2, 5] } },
                   "elastic-p": 0.3, "outside": "ignore" } }, "rot90", { "per-channel": { "transform": "bias-field" } } ]"#,
            Sequence::new([
                Spatial {
                    scale_axes: ScaleAxes::Each,
                    elastic,
                    elastic_p: 0.3,
                    outside: Outside::Ignore,
                    ..Spatial::default()
                }
                .into(),
                Rot90::default().into(),
                PerChannel::new(1.0, BiasField::default()).into(),
            ]),
        );
    }

    #[test]
    fn a_typo_is_answered_with_the_names_that_fit() {
        let error = |json| serde_json::from_str::<Augment>(json).unwrap_err().to_string();
        assert!(error(r#""nnunet""#).contains("expected one of `none`, `standard`, `miscnn`"));
        assert!(error(r#"["gama"]"#).contains("unknown variant `gama`, expected one of `spatial`"));
        assert!(error(r#"[{ "gamma": { "gain": 2 } }]"#).contains("unknown field `gain`"));
        assert!(error(r#"{ "cycle": 2, "transforms": [] }"#).contains("unknown field `cycle`"));
    }

    #[test]
    fn an_error_names_its_transform() {
        let gamma = Gamma { exponent: Factor::Uniform([0.0, 2.0]), ..Gamma::default() };
        let error = Augment::from(Sometimes::new(0.3, gamma)).check().unwrap_err();
        assert_eq!(format!("{error:#}"), "sometimes: gamma: exponent must be positive, got 0");
        assert_eq!(
            format!("{:#}", Augment::from(Sometimes::new(1.5, Gamma::default())).check().unwrap_err()),
            "sometimes: p must lie between 0 and 1, got 1.5"
        );
        assert_eq!(
            Augment::Miscnn.in_cycles(0).check().unwrap_err().to_string(),
            "cycles must be 1 or more, got 0"
        );
    }

    #[test]
    fn the_presets_pass_their_own_check() {
        for preset in [Augment::None, Augment::Standard, Augment::Miscnn] {
            preset.check().unwrap();
        }
    }
}
