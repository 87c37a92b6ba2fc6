//! Numbers in files.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A number that may be infinite, for which JSON has no form: it is written as `"inf"` or `"-inf"`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Number(pub(crate) f64);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Finite(f64),
    Infinite(String),
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_infinite() { Form::Infinite(self.0.to_string()) } else { Form::Finite(self.0) }
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Form::deserialize(deserializer)? {
            Form::Finite(number) => Ok(Self(number)),
            Form::Infinite(text) => match text.as_str() {
                "inf" => Ok(Self(f64::INFINITY)),
                "-inf" => Ok(Self(f64::NEG_INFINITY)),
                _ => Err(de::Error::custom(format!("expected a number or \"inf\", found {text:?}"))),
            },
        }
    }
}

/// For `#[serde(with = "number")]` on an `f64`.
pub(crate) fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    Number(*number).serialize(serializer)
}

/// For `#[serde(with = "number")]` on an `f64`.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Number::deserialize(deserializer).map(|number| number.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infinity_comes_back_from_json_and_other_text_does_not() {
        for number in [1.5, f64::INFINITY, f64::NEG_INFINITY] {
            let json = serde_json::to_string(&Number(number)).unwrap();
            assert_eq!(serde_json::from_str::<Number>(&json).unwrap(), Number(number));
        }
        let error = serde_json::from_str::<Number>("\"many\"").unwrap_err().to_string();
        assert!(error.starts_with("expected a number or \"inf\", found \"many\""), "{error}");
    }
}
