//! The pictures of a cross-validation, and its page.

use std::fs;

use anyhow::{Context as _, Result};
use mis_core::{LabelMap, Sample, SampleId};
use mis_eval::{
    CasePicture, FoldHistory, IntensitySample, Overlay, OverlayStyle, PageParts, Plot, Report, TellingCase,
    dice_curves, intensity_histograms, loss_curves,
};
use mis_io::nifti;

use super::run::Run;

/// An animation of more bytes lies beside the page.
const LARGEST_ON_PAGE: u64 = 1_500_000;
/// Slices of a case on the page.
const MOST_TILES: usize = 6;
/// Cases whose grey values are shown.
const MOST_INTENSITIES: usize = 12;

/// Writes the animations of a fold's telling cases to `fold_K/overlays`; the report is of the fold alone.
pub(crate) fn write_overlays(run: &Run, report: &Report, fold: usize) -> Result<()> {
    let config = &run.experiment.report;
    let folder = run.folder.training(Some(fold)).join("overlays");
    for case in report.telling_cases(config.cases) {
        let write = || {
            let path = folder.join(format!("{}.gif", case.id));
            Seen::load(run, &case)?.overlay().write_gif(&config.overlay, &path)
        };
        write().with_context(|| case.id.to_string())?;
    }
    Ok(())
}

/// Writes the plots of a cross-validation to `plots`, as SVG and PNG, and its page.
pub(crate) fn write_page(run: &Run, report: &Report) -> Result<()> {
    let out = run.folder.path();
    let (histories, intensities) = (histories(run, report)?, intensities(run, report)?);
    let named = [
        ("loss", loss_curves(&histories)),
        ("dice", dice_curves(&histories, report.classes())),
        ("intensities", intensity_histograms(&intensities, "grey value")),
    ];
    let named: Vec<(&str, Plot)> = named.into_iter().filter_map(|(name, plot)| Some((name, plot?))).collect();
    let always = [("scores", report.score_plot(0)), ("classes", report.class_frequencies())];
    for (name, plot) in named.iter().chain(&always) {
        plot.write_svg(&out.join("plots").join(format!("{name}.svg")))?;
        plot.write_png(&out.join("plots").join(format!("{name}.png")))?;
    }
    let parts = PageParts {
        plots: named.into_iter().map(|(_, plot)| plot).collect(),
        cases: pictures(run, report)?,
        experiment: run.folder.experiment_text()?,
    };
    report.write_page(&out.join("report.html"), "Cross-validation", &parts)
}

fn histories(run: &Run, report: &Report) -> Result<Vec<FoldHistory>> {
    let fold = |fold: usize| FoldHistory::read(&run.folder.training(Some(fold)).join("history.tsv"), fold);
    report.folds().iter().map(|scores| fold(scores.fold)).collect()
}

/// Grey values of some of the scored cases, at even distances.
fn intensities(run: &Run, report: &Report) -> Result<Vec<IntensitySample>> {
    let mut ids: Vec<&SampleId> = report.cases().map(|(_, case)| &case.id).collect();
    ids.sort();
    ids.dedup();
    let chosen = ids.iter().step_by(ids.len().div_ceil(MOST_INTENSITIES).max(1));
    let channel = run.experiment.report.overlay.channel;
    let of_case =
        |id: &SampleId| -> Result<_> { Ok(IntensitySample::of(&run.scans.load_image(id)?, channel)) };
    chosen.map(|id| of_case(id).with_context(|| id.to_string())).collect()
}

fn pictures(run: &Run, report: &Report) -> Result<Vec<CasePicture>> {
    let config = &run.experiment.report;
    let tiles = config.overlay.tiles.min(MOST_TILES);
    let style = OverlayStyle { errors: true, tiles, ..config.overlay.clone() };
    let picture = |case: &TellingCase| -> Result<CasePicture> {
        let gif = format!("fold_{}/overlays/{}.gif", case.fold, case.id);
        let path = run.folder.path().join(&gif);
        let picture = CasePicture::new(case.clone(), &Seen::load(run, case)?.overlay(), &style)?;
        Ok(match fs::metadata(&path) {
            Err(_) => picture, // the median of all folds need not be one of its own fold's telling cases
            Ok(file) if file.len() > LARGEST_ON_PAGE => picture.with_animation_beside(gif),
            Ok(_) => {
                let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
                picture.with_animation(bytes)
            }
        })
    };
    let cases = report.telling_cases(config.cases);
    cases.iter().map(|case| picture(case).with_context(|| case.id.to_string())).collect()
}

/// A scored case with its prediction.
struct Seen {
    sample: Sample,
    prediction: LabelMap,
    classes: Vec<String>,
}

impl Seen {
    fn load(run: &Run, case: &TellingCase) -> Result<Self> {
        let folder = run.folder.training(Some(case.fold)).join("predictions");
        let prediction = nifti::read_labels(&folder.join(format!("{}.nii.gz", case.id)), None)?;
        Ok(Self { sample: run.scans.load(&case.id)?, prediction, classes: run.classes.names() })
    }

    fn overlay(&self) -> Overlay<'_> {
        Overlay {
            title: &self.sample.id.0,
            image: &self.sample.image,
            labels: &self.prediction,
            truth: self.sample.labels.as_ref(),
            classes: &self.classes,
        }
    }
}
