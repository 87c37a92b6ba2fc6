//! Scans with labels from files, as pictures.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use mis_core::{ClassTable, IGNORE, LabelMap};
use mis_eval::{Overlay, OverlayStyle};
use mis_io::{read_label_map, read_scan};

/// A scan with labels to be shown.
#[derive(Clone, Debug)]
pub struct RenderJob {
    /// The scan, in any format that is read.
    pub image: PathBuf,
    /// Its labels: the prediction where there is a truth too.
    pub labels: PathBuf,
    /// The expert's labels.
    pub truth: Option<PathBuf>,
    /// The classes and their label values; without them values are shown as they are stored.
    pub classes: Option<ClassTable>,
    /// How it looks.
    pub style: OverlayStyle,
    /// The animation (`.gif`) or the contact sheet (`.png`).
    pub out: PathBuf,
}

/// Shows a scan with labels: writes an animation through its slices or a contact sheet of those that matter, by the
/// ending of the file. Nothing of it needs another program.
pub fn render(job: &RenderJob) -> Result<()> {
    let ending = job.out.extension().unwrap_or_default().to_ascii_lowercase();
    let is_gif = ending == "gif";
    if !is_gif && ending != "png" {
        bail!("expected a file .gif or .png to write, got {}", job.out.display());
    }
    job.style.check()?;
    let read = |path: &Path| read_label_map(path, &job.image, job.classes.as_ref());
    let mut maps = vec![read(&job.labels)?];
    maps.extend(job.truth.as_deref().map(read).transpose()?);
    let names = job.classes.as_ref().map_or_else(|| shown_as_stored(&mut maps), ClassTable::names);
    let image = read_scan(&job.image)?;
    let overlay = Overlay {
        title: &job.image.file_name().unwrap_or_default().to_string_lossy(),
        image: &image,
        labels: &maps[0],
        truth: maps.get(1),
        classes: &names,
    };
    let written = if is_gif {
        overlay.write_gif(&job.style, &job.out).map(drop)
    } else {
        overlay.write_sheet(&job.style, &job.out)
    };
    written.with_context(|| job.image.display().to_string())
}

/// The names of stored values. Masks of 0 and 255 are common; as a class the latter means that nothing is known, so it
/// takes the place of a value that does not occur.
fn shown_as_stored(maps: &mut [LabelMap]) -> Vec<String> {
    let mut occurs = [false; 256];
    maps.iter().flat_map(LabelMap::as_slice).for_each(|&label| occurs[usize::from(label)] = true);
    let mut names: Vec<String> = (0..=u8::MAX).map(|value| value.to_string()).collect();
    if let Some(free) = (1..IGNORE).find(|&value| !occurs[usize::from(value)])
        && occurs[usize::from(IGNORE)]
    {
        for map in maps {
            map.as_slice_mut().iter_mut().filter(|label| **label == IGNORE).for_each(|label| *label = free);
        }
        names[usize::from(free)] = IGNORE.to_string();
    }
    names
}
