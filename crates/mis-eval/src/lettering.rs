//! SVG as pixels, with a typeface that comes along.

use std::sync::{Arc, LazyLock};

use anyhow::{Context as _, Result};
use image::RgbaImage;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

/// The letters of Latin, Greek and Cyrillic, cut out of DejaVu Sans by `data-fixtures/font.py`: the same pixels on any
/// machine, whatever typefaces it has.
static TYPEFACE: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut typefaces = Database::new();
    typefaces.load_font_data(include_bytes!("../fonts/DejaVuSans-subset.ttf").to_vec());
    typefaces.set_sans_serif_family("DejaVu Sans");
    Arc::new(typefaces)
});

/// An SVG as pixels, `zoom` to each of its own.
pub(crate) fn rasterize(svg: &str, zoom: f32) -> Result<RgbaImage> {
    let options =
        Options { fontdb: TYPEFACE.clone(), font_family: "DejaVu Sans".to_owned(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).context("the drawing is no SVG")?;
    let size = tree.size().to_int_size().scale_by(zoom).context("the drawing has no size")?;
    let mut pixels = Pixmap::new(size.width(), size.height()).context("the drawing has no size")?;
    resvg::render(&tree, Transform::from_scale(zoom, zoom), &mut pixels.as_mut());
    let (width, height) = (size.width(), size.height());
    let straight = pixels.pixels().iter().flat_map(|pixel| {
        let color = pixel.demultiply();
        [color.red(), color.green(), color.blue(), color.alpha()]
    });
    RgbaImage::from_raw(width, height, straight.collect()).context("a pixel has four values")
}

/// Text as it may stand between tags and in quoted attributes. Control characters, which no file of the kind may hold,
/// become spaces.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' => escaped.push('\n'),
            _ if character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}') => escaped.push(' '),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_drawn_without_typefaces_of_the_machine() {
        let drawn = |text: &str| {
            let svg = format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"60\" height=\"20\">\
                 <text x=\"2\" y=\"15\" font-family=\"sans-serif\" font-size=\"14\">{}</text></svg>",
                escape(text)
            );
            rasterize(&svg, 2.0).unwrap()
        };
        assert_eq!(drawn("Ag").dimensions(), (120, 40));
        let ink = |text: &str| drawn(text).pixels().filter(|pixel| pixel.0[3] > 127).count();
        assert_eq!(ink(""), 0);
        for text in ["kidney", "Größe", "почка", "νεφρό", "<&>", "≥ 0.5"] {
            assert!(ink(text) > 60, "{text}: {} pixels", ink(text));
        }
        assert_ne!(drawn("Nieren"), drawn("Tumoren"));
        assert_eq!(ink("a\u{1}b"), ink("a b"));
    }
}
