//! A plot as a file, and as a part of a page.

use std::path::Path;

use anyhow::Result;
use image::codecs::png::PngEncoder;
use mis_core::write_atomically;

use crate::lettering::{escape, rasterize};

/// What plots look like; the names stand for colors that the page chooses, or a plot of its own in [`LIGHT`].
pub(crate) const STYLE: &str = include_str!("plot.css");

/// Colors of a plot that stands alone.
const LIGHT: [(&str, &str); 5] = [
    ("var(--ink)", "#1c2024"),
    ("var(--faint)", "#565e67"),
    ("var(--line)", "#dcdfe3"),
    ("var(--accent)", "#2466a8"),
    ("var(--fill)", "#d8e4f0"),
];

/// A plot: written as SVG or PNG, and shown on a report's page.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// What it shows, in a few words.
    pub title: String,
    /// What is to be read from it, for those who do not see it and as its legend.
    pub description: String,
    /// Width and height.
    pub(super) size: [f64; 2],
    /// SVG without its outermost element.
    pub(super) body: String,
}

impl Plot {
    /// The plot as an SVG file, dark on white.
    #[must_use]
    pub fn svg(&self) -> String {
        let style = LIGHT.iter().fold(STYLE.to_owned(), |style, (name, color)| style.replace(name, color));
        let [width, height] = self.size;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" width=\"{width}\" height=\"{}\" viewBox=\"0 -30 \
             {width} {}\">\n<title>{title}</title>\n<style>\n{style}</style>\n<rect x=\"0\" y=\"-30\" width=\"{width}\" \
             height=\"{}\" fill=\"#ffffff\"/>\n<text class=\"name\" x=\"12\" y=\"-8\">{title}</text>\n{}</svg>\n",
            height + 30.0,
            height + 30.0,
            height + 30.0,
            self.body,
            title = escape(&self.title),
        )
    }

    /// Writes the plot as an SVG file.
    pub fn write_svg(&self, path: &Path) -> Result<()> {
        write_atomically(path, |file| Ok(file.write_all(self.svg().as_bytes())?))
    }

    /// Writes the plot as a PNG file of twice its size in pixels. It needs no typefaces of the machine.
    pub fn write_png(&self, path: &Path) -> Result<()> {
        let pixels = rasterize(&self.svg(), 2.0)?;
        write_atomically(path, |file| Ok(pixels.write_with_encoder(PngEncoder::new(file))?))
    }

    /// The plot as a figure of a page, in the page's colors.
    pub(crate) fn figure(&self) -> String {
        let [width, height] = self.size;
        format!(
            "<figure>\n<svg class=\"plot\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">\n{}</svg>\n\
             <figcaption>{}</figcaption>\n</figure>\n",
            escape(&format!("{}. {}", self.title, self.description)),
            self.body,
            escape(&self.description),
        )
    }
}
