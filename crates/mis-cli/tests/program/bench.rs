//! A data set of bright boxes in noise and an experiment on it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use mis_core::ndarray::{Array3, Array4};
use mis_core::{Affine, LabelMap, Volume};
use mis_io::nifti;
use tempfile::TempDir;

/// A data set of bright boxes in noise and an experiment on it.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
}

pub(crate) const EXPERIMENT: &str = r#"
seed = 7
classes = ["background", "organ", "lesion"]
data = { case-folders = { path = "data" } }
preprocess = [{ resample = { spacing = [3.0, 1.5, 1.5] } }, { clip = { min = -100, max = 300 } }, "z-score"]
augment = "miscnn"
folds = { k-fold = 2 }
loss = "dice-cross-entropy"
[patches]
size = [8, 16, 16]
overlap = [4, 8, 8]
[model]
unet = { depth = 2, base-channels = 4, norm = "instance" }
[train]
epochs = 3
steps-per-epoch = 4
optimizer = { adam = { learning-rate = 1e-2 } }
"#;

impl Bench {
    pub(crate) fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        for case in 0..4 {
            bench.write_case(case, [10 + case, 24, 20 + 2 * case]);
        }
        fs::write(bench.path("experiment.toml"), EXPERIMENT).unwrap();
        bench
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn image(&self, case: usize) -> PathBuf {
        self.path(&format!("data/case_{case:05}/imaging.nii.gz"))
    }

    pub(crate) fn labels(&self, case: usize) -> PathBuf {
        self.path(&format!("data/case_{case:05}/segmentation.nii.gz"))
    }

    pub(crate) fn write_case(&self, case: usize, shape: [usize; 3]) {
        let affine = affine(case);
        let labels = Array3::from_shape_fn(shape, |(i, j, k)| {
            let organ = (2..8).contains(&i) && (6..16).contains(&j) && (5..14).contains(&k);
            u8::from(organ) + u8::from(organ && i < 5 && j < 11)
        });
        let [i, j, k] = shape;
        let image = Array4::from_shape_fn((1, i, j, k), |(_, i, j, k)| {
            let noise = ((i * 31 + j * 17 + k * 7 + case * 13) % 23) as f32;
            [-50.0, 150.0, 250.0][usize::from(labels[(i, j, k)])] + noise
        });
        nifti::write_volume(&self.image(case), &Volume::new(image, affine).unwrap(), None).unwrap();
        nifti::write_labels(&self.labels(case), &LabelMap::new(labels, affine).unwrap(), None).unwrap();
    }

    pub(crate) fn mis(&self, args: &[&str]) -> Output {
        command(args).current_dir(self.folder.path()).output().unwrap()
    }

    /// Runs `mis cv` and expects it to fail before anything is trained, with this in its one line of error.
    #[track_caller]
    pub(crate) fn check_refused(&self, expected: &[&str]) {
        let output = self.mis(&["cv", "experiment.toml", "--out", "run"]);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        for part in expected {
            assert!(stderr.contains(part), "expected {part:?} in: {stderr}");
        }
        assert!(!self.path("run").exists(), "nothing is written before the checks are passed");
    }

    /// The weights of a training on all cases, as bytes.
    pub(crate) fn weights(&self, run: &str) -> Vec<u8> {
        let bytes = fs::read(self.path(run).join("fold_all/checkpoint_last.safetensors")).unwrap();
        let head = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        bytes[8 + head..].to_vec() // the head holds seconds, which differ
    }

    /// All files in a folder and its folders, sorted.
    pub(crate) fn files(&self, folder: &str) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![self.path(folder)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files.sort();
        files
    }

    pub(crate) fn replace(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.path("experiment.toml")).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(self.path("experiment.toml"), text.replace(from, to)).unwrap();
    }
}

pub(crate) fn affine(case: usize) -> Affine {
    let first = case as f64;
    Affine::new([[0., 0., -1.5, first], [0., -1.25, 0., 40.], [-3., 0., 0., 9.], [0., 0., 0., 1.]]).unwrap()
}

pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mis"));
    command.args(args).args(["--threads", "1"]).stdin(Stdio::null());
    command
}

#[track_caller]
pub(crate) fn assert_success(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
