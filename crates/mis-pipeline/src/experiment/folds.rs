//! How cases are split.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail, ensure};
use mis_core::{ClassTable, DataSource, LabelMap, SampleId};
use mis_eval::{
    Metric as _, Split, TrueVolume, check_splits, detailed, grouped, hold_out, k_fold, leave_one_out,
    nnunet_folds, read_splits, repeated, stratified, stratified_by_value,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// How the cases of a data set are split into training and validation; random draws are by the experiment's seed.
///
/// ```
/// use mis_pipeline::Folds;
/// # #[derive(serde::Deserialize)] struct Experiment { folds: Folds }
/// for folds in [
///     "{ k-fold = 5 }",
///     "'leave-one-out'",
///     "'nnunet'",
///     "{ hold-out = 0.2 }",
///     "{ stratified = { k = 5, by = 'classes' } }",
///     "{ stratified = { k = 5, by = { volume = 'tumor' } } }",
///     "{ grouped = { k = 5, by = { before = '_' } } }",
///     "{ grouped = { k = 5, by = { file = 'patients.tsv' } } }",
///     "{ repeated = { times = 3, of = { k-fold = 5 } } }",
///     "{ detailed = [{ train = ['a', 'b'], val = ['c'] }] }",
///     "{ file = 'splits_final.json' }",
/// ] {
///     toml::from_str::<Experiment>(&format!("folds = {folds}"))?;
/// }
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Folds {
    /// Each case is validated on once, in one of k folds.
    KFold(usize),
    /// Each case is a fold of its own.
    LeaveOneOut,
    /// One split, with this part of the cases, rounded up, for validation.
    HoldOut(f64),
    /// k folds that resemble each other.
    Stratified(StratifiedFolds),
    /// k folds that keep cases together.
    Grouped(GroupedFolds),
    /// A random scheme several times, with seeds that follow each other.
    Repeated(RepeatedFolds),
    /// The five folds that nnU-Net makes of the same names.
    Nnunet,
    /// These splits.
    Detailed(Vec<Split>),
    /// The splits of a file in the form of nnU-Net's `splits_final.json`.
    File(PathBuf),
}

/// k folds that resemble each other. Every case's labels are read to draw them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StratifiedFolds {
    /// Number of folds.
    pub k: usize,
    /// What they have in common.
    pub by: StratifyBy,
}

/// What folds have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StratifyBy {
    /// How often each combination of foreground classes occurs in a case.
    Classes,
    /// How large the class of this name is.
    Volume(String),
}

/// k folds that keep cases together, such as all scans of a patient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupedFolds {
    /// Number of folds.
    pub k: usize,
    /// Which cases belong together.
    pub by: GroupBy,
}

/// Which cases belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupBy {
    /// Those whose names are the same before the last place of this text: by `_`, `patient7_ct` and `patient7_mr`. A name
    /// without it is a group of its own.
    Before(String),
    /// Those of one group in a table of two columns, case and group, separated by a tab.
    File(PathBuf),
}

/// A random scheme several times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepeatedFolds {
    /// How often.
    pub times: usize,
    /// The scheme.
    pub of: Box<Folds>,
}

impl Folds {
    /// The splits of these cases. Without a choice, those that come with the data, else five folds.
    pub fn splits(
        choice: Option<&Self>,
        own: Option<PathBuf>,
        ids: &[SampleId],
        seed: u64,
        labels: &Labels<'_>,
    ) -> Result<Vec<Split>> {
        let default = Self::KFold(5.min(ids.len()));
        let from_data = own.map(Self::File);
        let folds = choice.or(from_data.as_ref()).unwrap_or(&default);
        folds.draw(ids, seed, labels).context("folds")
    }

    fn draw(&self, ids: &[SampleId], seed: u64, labels: &Labels<'_>) -> Result<Vec<Split>> {
        match self {
            Self::KFold(k) => k_fold(ids, *k, seed),
            Self::LeaveOneOut => leave_one_out(ids),
            Self::HoldOut(part) => Ok(vec![hold_out(ids, *part, seed)?]),
            Self::Stratified(StratifiedFolds { k, by: StratifyBy::Classes }) => {
                let held = labels.classes_held(ids)?;
                stratified(ids, *k, seed, |id| &held[id])
            }
            Self::Stratified(StratifiedFolds { k, by: StratifyBy::Volume(class) }) => {
                let volumes = labels.volumes(ids, class)?;
                stratified_by_value(ids, *k, seed, |id| volumes[id])
            }
            Self::Grouped(GroupedFolds { k, by }) => {
                let groups = by.groups(ids)?;
                grouped(ids, *k, seed, |id| &groups[id])
            }
            Self::Repeated(RepeatedFolds { times, of }) => {
                if matches!(**of, Self::LeaveOneOut | Self::Nnunet | Self::Detailed(_) | Self::File(_)) {
                    bail!(
                        "repeated: expected a scheme that is drawn at random, found one that is always the same"
                    );
                }
                repeated(*times, seed, |seed| of.draw(ids, seed, labels))
            }
            Self::Nnunet => nnunet_folds(ids),
            Self::Detailed(splits) => {
                let sorted = |split: &Split| detailed(split.train.clone(), split.validation.clone());
                let splits: Vec<_> = splits.iter().map(sorted).collect::<Result<_>>()?;
                check_splits(&splits, ids)?;
                Ok(splits)
            }
            Self::File(path) => {
                let splits = read_splits(path)?;
                check_splits(&splits, ids).with_context(|| path.display().to_string())?;
                Ok(splits)
            }
        }
    }
}

impl GroupBy {
    /// The group of each case.
    fn groups(&self, ids: &[SampleId]) -> Result<BTreeMap<SampleId, String>> {
        match self {
            Self::Before(text) => {
                ensure!(!text.is_empty(), "grouped: before must be some text, got none");
                let group = |id: &SampleId| {
                    id.0.rsplit_once(text).map_or(id.0.clone(), |(group, _)| group.to_owned())
                };
                Ok(ids.iter().map(|id| (id.clone(), group(id))).collect())
            }
            Self::File(path) => {
                let text = fs::read_to_string(path);
                let text = text.with_context(|| format!("cannot read groups from {}", path.display()))?;
                let mut groups = BTreeMap::new();
                for (line, row) in text.lines().enumerate().filter(|(_, row)| !row.is_empty()) {
                    let (id, group) = row.split_once('\t').with_context(|| {
                        let line = line + 1;
                        format!(
                            "{} line {line}: expected case and group with a tab between, found {row:?}",
                            path.display()
                        )
                    })?;
                    groups.insert(SampleId::from(id), group.to_owned());
                }
                let missing: Vec<_> = ids.iter().filter(|id| !groups.contains_key(*id)).collect();
                if let Some(first) = missing.first() {
                    bail!("{} names no group of {} cases, such as {first}", path.display(), missing.len());
                }
                Ok(groups)
            }
        }
    }
}

/// The labels of a data set, read where a scheme needs them.
#[derive(Debug)]
pub struct Labels<'a> {
    /// The data set, its label values mapped by the classes.
    pub source: &'a dyn DataSource,
    /// The classes.
    pub classes: &'a ClassTable,
}

impl Labels<'_> {
    /// Which foreground classes each case holds.
    fn classes_held(&self, ids: &[SampleId]) -> Result<BTreeMap<SampleId, Vec<bool>>> {
        self.each(ids, |labels| {
            let mut held = vec![false; self.classes.n_classes()];
            for &label in labels.as_slice() {
                // A source of one's own may hold others: training says so.
                if let Some(held) = held.get_mut(usize::from(label)) {
                    *held = true;
                }
            }
            held.split_off(1)
        })
    }

    /// How large a class is in each case, in millilitres.
    fn volumes(&self, ids: &[SampleId], class: &str) -> Result<BTreeMap<SampleId, f64>> {
        let names = self.classes.names();
        let class_idx = names.iter().position(|name| name == class);
        let class_idx = class_idx.with_context(|| {
            format!("stratified: expected one of the classes {}, found {class:?}", names.join(", "))
        })?;
        let class_idx = u8::try_from(class_idx)?;
        self.each(ids, |labels| TrueVolume.score(labels, labels, class_idx).unwrap_or(0.0))
    }

    fn each<T: Send>(
        &self,
        ids: &[SampleId],
        of_labels: impl Fn(&LabelMap) -> T + Sync,
    ) -> Result<BTreeMap<SampleId, T>> {
        let of_case = |id: &SampleId| -> Result<(SampleId, T)> {
            let labels = self.source.load(id).with_context(|| id.to_string())?.labels;
            let labels = labels.with_context(|| format!("{id} has no labels to stratify by"))?;
            Ok((id.clone(), of_labels(&labels)))
        };
        ids.par_iter().map(of_case).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mis_core::ndarray::{Array3, Array4};
    use mis_core::{Affine, Sample, Volume};
    use mis_io::InMemory;

    const IDS: [&str; 8] = ["a_1", "a_2", "a_3", "b_1", "b_2", "c_1", "c_2", "d_1"];

    /// Eight cases; every second one has a tumor, the larger the later it comes.
    fn cases() -> InMemory {
        let affine = Affine::from_spacing([1.0; 3]);
        let sample = |(place, id): (usize, &str)| {
            let labels = Array3::from_shape_fn([1, 4, 10], |(_, j, k)| {
                if j > 0 { 1 } else { u8::from(place % 2 == 1 && k <= place) * 2 }
            });
            Sample {
                id: id.into(),
                image: Volume::new(Array4::zeros((1, 1, 4, 10)), affine).unwrap(),
                labels: Some(LabelMap::new(labels, affine).unwrap()),
            }
        };
        IDS.into_iter().enumerate().map(sample).collect()
    }

    fn draw(folds: &str) -> Result<Vec<Split>> {
        #[derive(Deserialize)]
        struct Form {
            folds: Folds,
        }
        let Form { folds } = toml::from_str(&format!("folds = {folds}"))?;
        let classes = ClassTable::from_names(["background", "kidney", "tumor"])?;
        let labels = Labels { source: &cases(), classes: &classes };
        Folds::splits(Some(&folds), None, &IDS.map(SampleId::from), 1, &labels)
    }

    #[test]
    fn every_scheme_can_be_named_in_an_experiment() {
        for (folds, n_splits) in [
            ("{ k-fold = 4 }", 4),
            ("'leave-one-out'", 8),
            ("{ hold-out = 0.3 }", 1),
            ("'nnunet'", 5),
            ("{ repeated = { times = 3, of = { k-fold = 2 } } }", 6),
            ("{ detailed = [{ train = ['b_1', 'a_1'], val = ['c_1'] }] }", 1),
        ] {
            let splits = draw(folds).unwrap();
            assert_eq!(splits.len(), n_splits, "{folds}");
            check_splits(&splits, &IDS.map(SampleId::from)).unwrap();
        }
    }

    #[test]
    fn folds_are_stratified_by_what_the_labels_hold() {
        let has_tumor = |id: &SampleId| IDS.iter().position(|name| *name == id.0).unwrap() % 2 == 1;
        for split in draw("{ stratified = { k = 4, by = 'classes' } }").unwrap() {
            assert_eq!(split.validation.iter().filter(|id| has_tumor(id)).count(), 1, "{split:?}");
        }
        for split in draw("{ stratified = { k = 2, by = { volume = 'tumor' } } }").unwrap() {
            // Of the two small tumors and of the two large ones each fold has one.
            let n =
                |ids: [&str; 2]| split.validation.iter().filter(|id| ids.contains(&id.0.as_str())).count();
            assert_eq!([n(["a_2", "b_1"]), n(["c_1", "d_1"])], [1, 1], "{split:?}");
        }
        let error = draw("{ stratified = { k = 2, by = { volume = 'cyst' } } }").unwrap_err();
        let expected =
            "folds: stratified: expected one of the classes background, kidney, tumor, found \"cyst\"";
        assert_eq!(format!("{error:#}"), expected);
    }

    #[test]
    fn groups_are_kept_together_by_name_or_by_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("patients.tsv");
        fs::write(&file, IDS.map(|id| format!("{id}\t{}\n", &id[..1])).concat()).unwrap();
        let by_name = draw("{ grouped = { k = 2, by = { before = '_' } } }").unwrap();
        for split in &by_name {
            let validated = |id: &SampleId| split.validation.iter().any(|other| other.0[..1] == id.0[..1]);
            assert!(!split.train.iter().any(validated), "{split:?}");
        }
        let by_file = format!("{{ grouped = {{ k = 2, by = {{ file = '{}' }} }} }}", file.display());
        assert_eq!(draw(&by_file).unwrap(), by_name);
        fs::write(&file, "a_1\ta\n").unwrap();
        let error = format!("{:#}", draw(&by_file).unwrap_err());
        assert!(error.ends_with("patients.tsv names no group of 7 cases, such as a_2"), "{error}");
    }

    #[test]
    fn a_scheme_that_is_always_the_same_is_not_repeated() {
        let error = format!("{:#}", draw("{ repeated = { times = 2, of = 'leave-one-out' } }").unwrap_err());
        assert!(error.starts_with("folds: repeated: expected a scheme that is drawn at random"), "{error}");
    }
}
