//! An experiment and its file are one thing.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod choices;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use choices::{CHOICES, experiments, text_of};
use mis_io::NnunetRaw;
use mis_patch::PatchGrid;
use mis_pipeline::Experiment;
use mis_preproc::{Clip, ZScore};
use proptest::prelude::*;
use toml::{Table, Value};

fn read(text: &str) -> Experiment {
    toml::from_str(text).unwrap_or_else(|error| panic!("{error}\nin\n{text}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back_the_same(text in experiments()) {
        let experiment = read(&text);
        let written = experiment.to_toml().unwrap();
        let again = read(&written);
        prop_assert_eq!(format!("{experiment:?}"), format!("{again:?}"));
        prop_assert_eq!(written, again.to_toml().unwrap());
    }

    #[test]
    fn a_file_that_extends_another_holds_all_that_it_says_itself(base in experiments(), own in experiments()) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("base.toml"), base).unwrap();
        fs::write(folder.path().join("own.toml"), format!("extends = 'base.toml'\n{own}")).unwrap();
        fs::write(folder.path().join("alone.toml"), own).unwrap();
        let table = |name: &str| {
            let experiment = Experiment::read(&folder.path().join(name)).unwrap();
            toml::from_str::<Table>(&experiment.to_toml().unwrap()).unwrap()
        };
        let written: Table = toml::from_str(&fs::read_to_string(folder.path().join("alone.toml")).unwrap()).unwrap();
        let (whole, alone) = (table("own.toml"), table("alone.toml"));
        for key in written.keys() {
            let written = &written[key];
            prop_assert!(same_where_written(written, &alone[key], &whole[key]), "{}: {} is not in {}", key, written, whole[key]);
        }
    }
}

/// Whether `whole` has of `alone` all that was `written`; a bare name, list or value is all of it.
fn same_where_written(written: &Value, alone: &Value, whole: &Value) -> bool {
    match (written, alone, whole) {
        (Value::Table(written), Value::Table(alone), Value::Table(whole)) => {
            written.iter().all(|(key, value)| {
                let (alone, whole) = (alone.get(key), whole.get(key));
                match (alone, whole) {
                    (Some(alone), Some(whole)) => same_where_written(value, alone, whole),
                    (alone, whole) => alone == whole,
                }
            })
        }
        _ => alone == whole,
    }
}

#[test]
fn the_builder_makes_what_the_file_says() {
    let built = Experiment::on(NnunetRaw { path: "data".into(), classes: None })
        .classes(["background", "organ"])
        .preprocess(Clip { min: -100.0, max: 300.0 })
        .preprocess(ZScore::default())
        .patches(PatchGrid { patch_size: [16; 3], overlap: [8; 3] })
        .seed(7)
        .build()
        .unwrap();
    let file = "seed = 7\nclasses = ['background', 'organ']\ndata = { nnunet = 'data' }\n\
                preprocess = [{ clip = { min = -100, max = 300 } }, 'z-score']\n\
                patches = { size = [16, 16, 16], overlap = [8, 8, 8] }";
    assert_eq!(built.to_toml().unwrap(), read(file).to_toml().unwrap());
}

/// The names that would fit in the place of one that does not, as the error lists them.
fn names_that_fit(error: &str) -> Option<BTreeSet<String>> {
    let list = error.split_once("`?`")?.1.split_once("expected ")?.1;
    let names = list.split('`').skip(1).step_by(2);
    Some(names.map(str::to_owned).collect())
}

/// For each set of names that fit somewhere, those that the generated experiments use there.
#[derive(Default)]
struct Used(BTreeMap<(String, Vec<String>), BTreeSet<String>>);

impl Used {
    /// Puts a name that does not exist into each place of an experiment, and notes what would have fitted beside what is
    /// there.
    fn look(&mut self, whole: &Table, path: &[Key]) {
        let value = at(whole, path);
        let (last, found): (_, BTreeSet<String>) = match value {
            Value::String(name) => ("", BTreeSet::from([name.clone()])),
            Value::Table(table) => {
                let name = path
                    .iter()
                    .rev()
                    .find_map(|key| if let Key::Name(name) = key { Some(name.as_str()) } else { None });
                (name.unwrap_or(""), table.keys().cloned().collect())
            }
            _ => ("", BTreeSet::new()),
        };
        if !found.is_empty() {
            let mut as_choice = whole.clone();
            set(&mut as_choice, path, Value::String("?".into()));
            let mut note = |last: &str, changed: &Table| {
                let Err(error) = toml::from_str::<Experiment>(&changed.to_string()) else {
                    panic!("a name that does not exist is passed over in\n{changed}")
                };
                if let Some(fit) = names_that_fit(error.message()) {
                    let last = if error.message().contains("variant") { "" } else { last };
                    let key = (last.to_owned(), fit.iter().cloned().collect::<Vec<_>>());
                    self.0
                        .entry(key)
                        .or_default()
                        .extend(found.iter().filter(|name| fit.contains(*name)).cloned());
                }
            };
            // A name, where one is expected; a further key, where a table is.
            if !path.is_empty() && toml::from_str::<Experiment>(&as_choice.to_string()).is_err() {
                note("", &as_choice);
            }
            if let Value::Table(table) = value {
                let mut more = table.clone();
                more.insert("?".into(), Value::Integer(1));
                let mut with_more = whole.clone();
                set(&mut with_more, path, Value::Table(more));
                note(last, &with_more);
            }
        }
        let further: Vec<Key> = match value {
            Value::Table(table) => table.keys().cloned().map(Key::Name).collect(),
            Value::Array(list) => (0..list.len()).map(Key::Place).collect(),
            _ => Vec::new(),
        };
        for key in further {
            self.look(whole, &[path, &[key]].concat());
        }
    }
}

#[derive(Clone, Debug)]
enum Key {
    Name(String),
    Place(usize),
}

fn at<'a>(whole: &'a Table, path: &[Key]) -> &'a Value {
    static NONE: Value = Value::Boolean(false);
    let mut value: Option<&Value> = None;
    for key in path {
        value = match (key, value) {
            (Key::Name(name), None) => whole.get(name),
            (Key::Name(name), Some(value)) => value.get(name),
            (Key::Place(place), value) => value.and_then(|value| value.get(*place)),
        };
    }
    value.unwrap_or(&NONE)
}

fn set(whole: &mut Table, path: &[Key], new: Value) {
    let Some((Key::Name(first), further)) = path.split_first() else { return };
    let mut value = whole.get_mut(first).unwrap();
    for key in further {
        value = match key {
            Key::Name(name) => value.get_mut(name).unwrap(),
            Key::Place(place) => value.get_mut(*place).unwrap(),
        };
    }
    *value = new;
}

#[test]
fn the_generated_experiments_use_every_option_that_a_file_may_name() {
    let mut used = Used::default();
    for (place, choices) in CHOICES {
        for choice in *choices {
            let whole: Table = toml::from_str(&text_of(&[(place, choice)], 0.5, 3)).unwrap();
            for key in whole.keys() {
                used.look(&whole, &[Key::Name(key.clone())]);
            }
        }
    }
    // At the top of the file.
    let every_key: BTreeSet<String> = CHOICES
        .iter()
        .map(|(place, _)| place.trim_end_matches("[]").to_owned())
        .chain(["data".into(), "patches".into()])
        .collect();
    let error = toml::from_str::<Experiment>("'?' = 1").unwrap_err();
    assert_eq!(names_that_fit(error.message()).unwrap(), every_key);
    let lacking: Vec<String> = used
        .0
        .iter()
        .filter_map(|((last, fit), used)| {
            let lacking: Vec<_> = fit.iter().filter(|name| !used.contains(*name)).collect();
            (!lacking.is_empty()).then(|| format!("{last}: {lacking:?} of {fit:?}"))
        })
        .collect();
    assert!(lacking.is_empty(), "no generated experiment has\n{}", lacking.join("\n"));
    assert!(used.0.len() > 100, "only {} places of options were found", used.0.len());
}

/// The places of all texts in a value.
fn texts(value: &Value, place: &[Key]) -> Vec<Vec<Key>> {
    let within: Vec<(Key, &Value)> = match value {
        Value::String(_) => return vec![place.to_vec()],
        Value::Table(table) => table.iter().map(|(name, value)| (Key::Name(name.clone()), value)).collect(),
        Value::Array(list) => {
            list.iter().enumerate().map(|(place, value)| (Key::Place(place), value)).collect()
        }
        _ => Vec::new(),
    };
    within.into_iter().flat_map(|(key, value)| texts(value, &[place, &[key]].concat())).collect()
}

#[test]
fn every_path_that_a_file_may_name_is_taken_from_its_folder_and_no_other_text_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.toml");
    let mut paths = BTreeSet::new();
    for (place, choices) in CHOICES {
        for choice in *choices {
            let whole: Table = toml::from_str(&text_of(&[(place, choice)], 0.5, 3)).unwrap();
            fs::write(&file, whole.to_string()).unwrap();
            let read: Table = toml::from_str(&Experiment::read(&file).unwrap().to_toml().unwrap()).unwrap();
            for place in whole.iter().flat_map(|(key, value)| texts(value, &[Key::Name(key.clone())])) {
                // What was expected there is told when a number stands in its place.
                let mut with_number = whole.clone();
                set(&mut with_number, &place, Value::Integer(3));
                let error = toml::from_str::<Experiment>(&with_number.to_string()).err();
                let is_path = error.is_some_and(|error| error.message().contains("path string"));
                let text = at(&whole, &place).as_str().unwrap();
                let is_placed = at(&read, &place).as_str() == folder.path().join(text).to_str();
                assert_eq!(is_placed, is_path, "{text} at {place:?} of\n{whole}");
                paths.extend(is_path.then(|| format!("{place:?}")));
            }
        }
    }
    assert!(paths.len() >= 8, "{paths:?}");
}
