//! What an experiment says of augmentation.

use std::fmt;

use anyhow::Result;
use mis_core::{PatchLocation, Sample, SampleRng, Transform};
use serde::de::value::SeqAccessDeserializer;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Augmentation, Sequence, miscnn, standard};

/// The augmentation of an experiment: a preset by its name, or a list of transforms.
///
/// `augment = "standard"`, `"miscnn"` or `"none"`, or `augment = [ "spatial", "mirror" ]`. In Rust any transform of this
/// crate turns into it.
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
        }
    }

    /// Says what is wrong with the options, before any draw.
    pub fn check(&self) -> Result<()> {
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
        }
    }
}

impl<'de> Deserialize<'de> for Augment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;

        impl<'de> de::Visitor<'de> for Form {
            type Value = Augment;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a preset, or a list of transforms")
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
        }

        deserializer.deserialize_any(Form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Factor, Gamma, Mirror, OneOf, Sometimes, Spatial};

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
    }

    #[test]
    fn a_typo_is_answered_with_the_names_that_fit() {
        let error = |json| serde_json::from_str::<Augment>(json).unwrap_err().to_string();
        assert!(error(r#""nnunet""#).contains("expected one of `none`, `standard`, `miscnn`"));
        assert!(error(r#"["gama"]"#).contains("unknown variant `gama`, expected one of `spatial`"));
        assert!(error(r#"[{ "gamma": { "gain": 2 } }]"#).contains("unknown field `gain`"));
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
    }

    #[test]
    fn the_presets_pass_their_own_check() {
        for preset in [Augment::None, Augment::Standard, Augment::Miscnn] {
            preset.check().unwrap();
        }
    }
}
