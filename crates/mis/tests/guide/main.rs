//! What the guide says is so: its TOML is read, its messages are in the sources, its programs are as short as it says.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod blocks;
mod messages;

use std::fs;
use std::path::{Path, PathBuf};

use blocks::blocks;
use mis::pipeline::Experiment;
use mis::prelude::{PatchGrid, Source};
use toml::{Table, Value};

/// The folder of this package.
fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder of the package with an ending.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(package().join(folder)).unwrap().map(|file| file.unwrap().path());
    all.filter(|file| file.extension().is_some_and(|ext| ext == ending)).collect()
}

fn page(name: &str) -> String {
    fs::read_to_string(package().join("guide").join(name)).unwrap()
}

/// What a block of the guide is added to where it is no whole experiment.
const BASE: &str = r#"
    classes = ["background", "kidney", "tumor"]
    data = { case-folders = { path = "data" } }
    patches = { size = [64, 64, 64] }
"#;

#[test]
fn every_experiment_and_every_part_of_one_in_the_guide_can_be_read() {
    let mut n_blocks = 0;
    for file in files("guide", "md") {
        for (line, text) in blocks(&fs::read_to_string(&file).unwrap(), "toml") {
            let mut whole: Table = BASE.parse().unwrap();
            let of_guide: Table = text.parse().unwrap_or_else(|error| panic!("{file:?}:{line}: {error}"));
            whole.extend(of_guide);
            let read = toml::from_str::<Experiment>(&toml::to_string(&whole).unwrap());
            let experiment = read.unwrap_or_else(|error| panic!("{file:?}:{line}: {error}"));
            experiment.check().unwrap_or_else(|error| panic!("{file:?}:{line}: {error:#}"));
            n_blocks += 1;
        }
    }
    assert!(n_blocks > 40, "found {n_blocks} blocks");
}

#[test]
fn every_option_of_an_experiment_is_on_the_page_about_configuration() {
    let page = page("configuration.md");
    let data = Source::in_folder(package().join("../../data-fixtures/phantom")).unwrap();
    let experiment =
        Experiment::on(data).patches(PatchGrid { patch_size: [64; 3], overlap: [0; 3] }).build().unwrap();
    let written: Table = experiment.to_toml().unwrap().parse().unwrap();
    let mut lacking = Vec::new();
    for (key, value) in &written {
        // What a choice such as the optimizer has of its own is on that choice's page.
        let options = value.as_table().map(|table| table.keys().collect::<Vec<_>>()).unwrap_or_default();
        let is_choice = matches!(key.as_str(), "data" | "loss" | "model");
        for name in std::iter::once(key).chain(options.into_iter().filter(|_| !is_choice)) {
            if !names(&page, name) {
                lacking.push(name.clone());
            }
        }
    }
    assert!(lacking.is_empty(), "configuration.md lacks {lacking:?}");
}

/// Whether an option is set on a page, as `name = ` or as a table.
fn names(page: &str, name: &str) -> bool {
    [format!("{name} = "), format!("[{name}]"), format!("[{name}.")].iter().any(|form| page.contains(form))
}

#[test]
fn the_pipeline_of_the_paper_is_as_short_as_the_guide_says() {
    let page = page("from-miscnn.md");
    let n_lines = |language| blocks(&page, language)[0].1.lines().filter(|line| !line.is_empty()).count();
    assert!(n_lines("toml") <= 25, "{} lines of TOML", n_lines("toml"));
    assert!(n_lines("rust") <= 20, "{} lines of Rust", n_lines("rust"));
}

#[test]
fn the_short_pipeline_is_the_experiment_of_the_examples_folder() {
    let short: Experiment = toml::from_str(&blocks(&page("from-miscnn.md"), "toml")[0].1).unwrap();
    let long = fs::read_to_string(package().join("examples/kits19.toml")).unwrap();
    let long: Experiment = toml::from_str(&long).unwrap();
    let [short, mut long]: [Table; 2] =
        [short, long].map(|experiment| experiment.to_toml().unwrap().parse().unwrap());
    assert_eq!(long["augment"]["cycles"], Value::Integer(2));
    long.insert("augment".to_owned(), short["augment"].clone()); // there in full
    assert_eq!(short, long);
}

#[test]
fn every_example_file_is_an_experiment() {
    let files = files("examples", "toml");
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        Experiment::read(&file).unwrap().check().unwrap();
    }
}
