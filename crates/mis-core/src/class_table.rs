//! What raw label values mean.

use std::collections::BTreeMap;
use std::str::FromStr;

use anyhow::{Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::IGNORE;

/// One class of an experiment: its name and the raw values that mean it in label files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// What reports call it.
    pub name: String,
    /// The raw values of label files that belong to it.
    pub values: Vec<i64>,
}

/// The classes of an experiment, background first; a class's place is its index in a label map.
///
/// In an experiment file `["background", "kidney", "tumor"]`, where each class has its place as raw value, or
/// `{ name = "tumor", values = [2, 4] }` for a class with values of its own. What stands there under the name `ignore` is no
/// class, as in nnU-Net: where label files have its values, nobody has said what is there ([`IGNORE`]). Losses and scores
/// leave such voxels out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<ClassForm>", into = "Vec<ClassForm>")]
pub struct ClassTable {
    classes: Vec<Class>,
    /// Raw values of voxels that nobody has labelled.
    ignored: Vec<i64>,
}

/// What stands for [`IGNORE`] in a class table.
const IGNORE_NAME: &str = "ignore";

/// Raw label values that no class names.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("expected the label values {expected:?}, found {}", .found.iter().map(|(value, n)| format!("{value} ({n} voxels)")).collect::<Vec<_>>().join(", "))]
pub struct UnknownLabels {
    /// The values that the class table names, in its order.
    pub expected: Vec<i64>,
    /// Each value that it does not name, as text (it may be a fraction), with its number of voxels.
    pub found: Vec<(String, usize)>,
}

impl ClassTable {
    /// A class table; refused with fewer than two or more than 255 classes, or where a name or value stands twice.
    pub fn new(mut classes: Vec<Class>) -> Result<Self> {
        let mut owner = BTreeMap::new();
        for (class_idx, class) in classes.iter().enumerate() {
            ensure!(!class.name.is_empty(), "class {class_idx} must have a name");
            ensure!(
                classes[..class_idx].iter().all(|other| other.name != class.name),
                "class name {:?} stands twice",
                class.name
            );
            ensure!(!class.values.is_empty(), "class {:?} must name at least one label value", class.name);
            for &value in &class.values {
                if let Some(other) = owner.insert(value, &class.name) {
                    bail!("label value {value} is given to {other:?} and to {:?}", class.name);
                }
            }
        }
        let ignored = classes
            .extract_if(.., |class| class.name == IGNORE_NAME)
            .flat_map(|class| class.values)
            .collect();
        let n = classes.len();
        ensure!((2..=255).contains(&n), "expected 2 to 255 classes with the background first, found {n}");
        Ok(Self { classes, ignored })
    }

    /// Classes whose raw values are their places 0, 1, 2 …
    pub fn from_names<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Result<Self> {
        let classes =
            names.into_iter().zip(0..).map(|(name, value)| Class { name: name.into(), values: vec![value] });
        Self::new(classes.collect())
    }

    /// The classes in their order, background first.
    #[must_use]
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// Number of classes, background included.
    #[must_use]
    pub fn n_classes(&self) -> usize {
        self.classes.len()
    }

    /// Names in their order, background first.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.classes.iter().map(|class| class.name.clone()).collect()
    }

    /// Raw label values that the table names: those of the classes in their order, and those of voxels to be ignored.
    pub fn values(&self) -> impl Iterator<Item = i64> + '_ {
        self.classes.iter().flat_map(|class| &class.values).chain(&self.ignored).copied()
    }

    /// The class index of a raw label value, if a class names it; [`IGNORE`] of one to be ignored.
    #[must_use]
    pub fn index_of(&self, value: i64) -> Option<u8> {
        if self.ignored.contains(&value) {
            return Some(IGNORE);
        }
        let place = self.classes.iter().position(|class| class.values.contains(&value))?;
        u8::try_from(place).ok()
    }

    /// Maps raw label values to class indices, each as the integer nearest to it. All values that no class names are listed with their counts.
    pub fn map(&self, raw: &[f64]) -> Result<Vec<u8>, UnknownLabels> {
        // Label maps hold long runs of one value: the last answer is nearly always the next one too.
        let (mut last_value, mut last_idx) = (f64::NAN, 0);
        let mut indices = Vec::with_capacity(raw.len());
        let mut unknown: BTreeMap<u64, usize> = BTreeMap::new();
        for &value in raw {
            if value != last_value {
                let known = nearest_integer(value).and_then(|value| self.index_of(value));
                let Some(class_idx) = known else {
                    *unknown.entry(value.to_bits()).or_default() += 1;
                    continue;
                };
                (last_value, last_idx) = (value, class_idx);
            }
            indices.push(last_idx);
        }
        if unknown.is_empty() {
            return Ok(indices);
        }
        let mut found: Vec<_> = unknown.into_iter().map(|(bits, n)| (f64::from_bits(bits), n)).collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        let found = found.into_iter().map(|(value, n)| (value.to_string(), n)).collect();
        Err(UnknownLabels { expected: self.values().collect(), found })
    }
}

/// The integer that a raw label value means. Scaled and resampled label files hold values such as 0.99999997; one that
/// is farther from an integer than 0.0001, or no number, means none.
#[must_use]
pub fn nearest_integer(value: f64) -> Option<i64> {
    let nearest = value.round();
    // 2^53: up to here f64 holds every integer.
    ((value - nearest).abs() <= 1e-4 && nearest.abs() <= 9_007_199_254_740_992.0).then_some(nearest as i64)
}

/// Classes as a command line names them: `background,kidney,tumor`, where each has its place as raw value, with values of
/// its own `background,nucleus=255`, or `background,tumor=2+4`.
impl FromStr for ClassTable {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let class = |(class, place): (&str, i64)| {
            let Some((name, values)) = class.split_once('=') else {
                return Ok(Class { name: class.to_owned(), values: vec![place] });
            };
            let values: Option<_> = values.split('+').map(|value| value.parse().ok()).collect();
            match values {
                Some(values) => Ok(Class { name: name.to_owned(), values }),
                None => bail!("expected label values, as in nucleus=255 or tumor=2+4, got {class:?}"),
            }
        };
        Self::new(text.split(',').zip(0..).map(class).collect::<Result<_>>()?)
    }
}

/// How a class stands in an experiment file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum ClassForm {
    Name(String),
    Values(ClassValues),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClassValues {
    name: String,
    values: Vec<i64>,
}

impl TryFrom<Vec<ClassForm>> for ClassTable {
    type Error = anyhow::Error;

    fn try_from(forms: Vec<ClassForm>) -> Result<Self> {
        let class = |(form, place)| match form {
            ClassForm::Name(name) => Class { name, values: vec![place] },
            ClassForm::Values(ClassValues { name, values }) => Class { name, values },
        };
        Self::new(forms.into_iter().zip(0..).map(class).collect())
    }
}

impl From<ClassTable> for Vec<ClassForm> {
    fn from(table: ClassTable) -> Self {
        let form = |(class, place): (Class, i64)| {
            if class.values == [place] {
                ClassForm::Name(class.name)
            } else {
                ClassForm::Values(ClassValues { name: class.name, values: class.values })
            }
        };
        let ignored = Class { name: IGNORE_NAME.to_owned(), values: table.ignored };
        let ignored = Some(ignored).filter(|ignored| !ignored.values.is_empty());
        table.classes.into_iter().chain(ignored).zip(0..).map(form).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_mapped_to_places_and_unknown_ones_listed_with_counts() {
        let class = |name: &str, values: &[i64]| Class { name: name.into(), values: values.into() };
        let table = ClassTable::new(vec![class("background", &[0]), class("tumor", &[2, 4])]).unwrap();
        assert_eq!(table.map(&[0.0, 2.0, 4.0, 0.0]).unwrap(), [0, 1, 1, 0]);
        let error = table.map(&[0.0, 1.0, 1.0, 2.5, -1000.0]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected the label values [0, 2, 4], found -1000 (1 voxels), 1 (2 voxels), 2.5 (1 voxels)"
        );
        assert!(table.map(&[f64::NAN]).is_err());
        assert_eq!(table.map(&[1.999_999_97, 4.000_01, -1e-9]).unwrap(), [1, 1, 0]);
        assert!(table.map(&[2.001]).is_err());
    }

    #[test]
    fn a_command_line_names_classes_with_their_values_where_these_are_not_their_places() {
        let table: ClassTable = "background,kidney,tumor=2+4,nucleus=255".parse().unwrap();
        assert_eq!(table.names(), ["background", "kidney", "tumor", "nucleus"]);
        assert_eq!([0, 1, 2, 4, 255].map(|value| table.index_of(value)), [0, 1, 2, 2, 3].map(Some));
        let error = |text: &str| text.parse::<ClassTable>().unwrap_err().to_string();
        assert_eq!(
            error("background,nucleus=white"),
            "expected label values, as in nucleus=255 or tumor=2+4, got \"nucleus=white\""
        );
        assert_eq!(
            error("background,kidney=0"),
            "label value 0 is given to \"background\" and to \"kidney\""
        );
        assert_eq!(error("background"), "expected 2 to 255 classes with the background first, found 1");
    }

    #[test]
    fn what_is_named_ignore_is_no_class() {
        let table: ClassTable = "background,ignore=7+9,tumor=2".parse().unwrap();
        assert_eq!(table.names(), ["background", "tumor"]);
        assert_eq!(table.map(&[0.0, 9.0, 2.0, 7.0]).unwrap(), [0, IGNORE, 1, IGNORE]);
        assert!(
            table.map(&[3.0]).unwrap_err().to_string().starts_with("expected the label values [0, 2, 7, 9],")
        );
        for text in ["background,ignore=7+9,tumor=2", "background,tumor,ignore", "background,tumor"] {
            let table: ClassTable = text.parse().unwrap();
            assert_eq!(ClassTable::try_from(Vec::<ClassForm>::from(table.clone())).unwrap(), table);
        }
        let error = "background,ignore".parse::<ClassTable>().unwrap_err().to_string();
        assert_eq!(error, "expected 2 to 255 classes with the background first, found 1");
    }

    #[test]
    fn a_value_given_twice_is_refused() {
        let class = |name: &str, values: &[i64]| Class { name: name.into(), values: values.into() };
        let error = ClassTable::new(vec![class("background", &[0, 1]), class("kidney", &[1])]).unwrap_err();
        assert_eq!(error.to_string(), "label value 1 is given to \"background\" and to \"kidney\"");
    }
}
