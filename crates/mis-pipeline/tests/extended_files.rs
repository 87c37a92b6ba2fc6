//! Experiment files that extend others.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;

use mis_pipeline::Experiment;
use tempfile::TempDir;

const BASE: &str = r#"
classes = ["background", "organ"]
data = { case-folders = { path = "../scans", image = "scan.nii" } }
preprocess = ["z-score"]
store = { folder = "store" }
[patches]
size = [16, 16, 16]
overlap = [8, 8, 8]
[model.unet]
depth = 3
base-channels = 8
[train]
epochs = 100
optimizer = { adam = { learning-rate = 1e-3, beta1 = 0.5 } }
"#;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

#[track_caller]
fn check_refused(files: &[(&str, &str)], expected: &[&str]) {
    let folder = folder(files);
    let error = format!("{:#}", Experiment::read(&folder.path().join("own.toml")).unwrap_err());
    for part in expected {
        assert!(error.contains(part), "expected {part:?} in: {error}");
    }
}

#[test]
fn tables_are_merged_and_lists_values_and_choices_replaced() {
    let own = "extends = 'base.toml'\npreprocess = []\nmodel = { multi-res-unet = { depth = 2 } }\n\
               patches = { size = [8, 8, 8], overlap = [0, 0, 0] }\n\
               train = { epochs = 5, optimizer = { adam = { learning-rate = 0.1 } } }";
    let folder = folder(&[("base.toml", BASE), ("own.toml", own)]);
    let written = Experiment::read(&folder.path().join("own.toml")).unwrap().to_toml().unwrap();
    let expected = BASE
        .replace("[\"z-score\"]", "[]")
        .replace("[model.unet]\ndepth = 3\nbase-channels = 8", "[model.multi-res-unet]\ndepth = 2")
        .replace("[16, 16, 16]", "[8, 8, 8]")
        .replace("[8, 8, 8]\n[model", "[0, 0, 0]\n[model")
        .replace("epochs = 100", "epochs = 5")
        .replace("1e-3", "0.1");
    fs::write(folder.path().join("expected.toml"), expected).unwrap();
    let expected = Experiment::read(&folder.path().join("expected.toml")).unwrap();
    assert_eq!(written, expected.to_toml().unwrap());
}

#[test]
fn a_path_is_taken_from_the_file_that_it_stands_in() {
    let folder = folder(&[
        ("shared/base.toml", BASE),
        ("own.toml", "extends = 'study/middle.toml'"),
        ("study/middle.toml", "extends = '../shared/base.toml'\nfolds = { file = 'splits.json' }"),
    ]);
    let own = folder.path().join("own.toml");
    let written = Experiment::read(&own).unwrap().to_toml().unwrap();
    for path in ["study/../shared/../scans", "study/splits.json", "study/../shared/store"] {
        let path = folder.path().join(path);
        assert!(written.contains(path.to_str().unwrap()), "expected {} in: {written}", path.display());
    }
    // A file alone is the same.
    let base = Experiment::read(&folder.path().join("shared/base.toml")).unwrap();
    assert_eq!(base.data.path(), Some(folder.path().join("shared/../scans").as_path()));
}

#[test]
fn a_network_file_is_found_beside_the_experiment() {
    let own = "data = { nnunet = '/data' }\npatches = { size = [8, 8, 8] }\n\
               model = { torch-script = { path = 'net.pt', divisor = [8, 8, 8] } }";
    let folder = folder(&[("own.toml", own)]);
    let written = Experiment::read(&folder.path().join("own.toml")).unwrap().to_toml().unwrap();
    assert!(written.contains(folder.path().join("net.pt").to_str().unwrap()), "{written}");
    assert!(written.contains("nnunet = \"/data\""), "{written}");
}

#[test]
fn an_error_names_the_file_that_it_stands_in_with_line_and_column() {
    let typo = BASE.replace("base-channels", "base-chanels");
    let own = ("own.toml", "extends = 'base.toml'\n[train]\nepochs = 5");
    check_refused(
        &[("base.toml", &typo), own],
        &[
            "base.toml, line 11, column 1: unknown field `base-chanels`",
            "`base-channels`",
            "11 | base-chanels = 8",
            "^^^^^^^^^^^^",
        ],
    );
    let own = ("own.toml", "extends = 'base.toml'\n[train]\nepochs = 'many'");
    check_refused(
        &[("base.toml", BASE), own],
        &["own.toml, line 3, column 10: invalid type: string \"many\", expected u32"],
    );
    let own = ("own.toml", "extends = 'base.toml'\n[train\nepochs = 5");
    check_refused(&[("base.toml", BASE), own], &["own.toml, line 2, column 7"]);
    check_refused(
        &[("own.toml", "extends = 'base.toml'\npatches.size = [4]"), ("base.toml", BASE)],
        &["own.toml, line 2"],
    );
    check_refused(
        &[("own.toml", "data = { nnunet = 'd' }")],
        &["own.toml, line 1", "missing field `patches`"],
    );
    check_refused(
        &[("own.toml", "extends = 3")],
        &["own.toml, line 1, column 11: extends: expected the path"],
    );
}

#[test]
fn files_that_extend_each_other_are_named() {
    check_refused(
        &[
            ("own.toml", "extends = 'a.toml'"),
            ("a.toml", "extends = 'b/b.toml'"),
            ("b/b.toml", "extends = '../own.toml'"),
        ],
        &["files extend each other in a circle", "own.toml -> ", "a.toml -> ", "b/b.toml -> "],
    );
    check_refused(&[("own.toml", "extends = 'own.toml'")], &["in a circle"]);
}

#[test]
fn a_file_that_is_not_there_is_named_with_the_one_that_extends_it() {
    check_refused(
        &[("own.toml", "extends = 'none.toml'")],
        &["own.toml extends it: cannot read ", "none.toml"],
    );
    let error = format!("{:#}", Experiment::read(Path::new("/none/own.toml")).unwrap_err());
    assert!(error.starts_with("cannot read /none/own.toml: "), "{error}");
}
