//! A report as one page for a browser.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use mis_core::write_atomically;

use super::page::{Animation, CasePicture, PageParts};
use crate::Report;
use crate::lettering::escape;
use crate::plots::{PLOT_STYLE, class_frequencies};

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// Nothing is asked of anywhere; pictures, style and script stand in the page.
const POLICY: &str =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

impl Report {
    /// Writes `report.html`: one page that needs nothing but itself, in light or dark as the reader's system has it.
    ///
    /// It holds all tables of [`table`](Self::table), the first metric as a plot, the frequencies of classes, the worst
    /// cases, every score of every case in a table that sorts by any column, and the facts.
    pub fn write_html(&self, path: &Path, title: &str) -> Result<()> {
        self.write_page(path, title, &PageParts::default())
    }

    /// Writes the page of [`write_html`](Self::write_html) with further plots, pictures of cases, and the experiment.
    pub fn write_page(&self, path: &Path, title: &str, parts: &PageParts) -> Result<()> {
        write_atomically(path, |file| Ok(file.write_all(self.page(title, parts).as_bytes())?))
    }

    fn page(&self, title: &str, parts: &PageParts) -> String {
        let (n_cases, n_folds) = (self.cases().count(), self.folds().len());
        let first = escape(&self.metrics()[0].name);
        let mut sections = vec![
            (
                "summary",
                "Scores over all cases".to_owned(),
                table("Scores over all cases", &self.overview(), 2),
            ),
            ("spread", format!("Spread of {first}"), self.score_plot(0).figure()),
        ];
        if n_folds > 1 {
            let heading = format!("Mean / median of {first} by fold");
            sections.push(("folds", heading, table("Scores by fold", &self.by_fold(), 1)));
        }
        let plots: String = parts
            .plots
            .iter()
            .chain([&self.class_frequencies()])
            .map(|plot| format!("<h3>{}</h3>\n{}", escape(&plot.title), plot.figure()))
            .collect();
        sections.push(("plots", "Training and data".to_owned(), plots));
        if !parts.cases.is_empty() {
            sections.push((
                "pictures",
                "Cases to look at".to_owned(),
                parts.cases.iter().map(figure).collect(),
            ));
        }
        sections.push((
            "worst",
            format!("Worst cases by {first}"),
            table("Worst cases", &self.worst_cases(), 2),
        ));
        sections.push((
            "cases",
            "Every case".to_owned(),
            sortable(&table("Every case", &self.every_case(), 1)),
        ));
        sections.push(("definitions", "How the scores are defined".to_owned(), self.conventions()));
        if let Some(experiment) = &parts.experiment {
            let text = format!(
                "<pre tabindex=\"0\" aria-label=\"The experiment's file\"><code>{}</code></pre>\n",
                escape(experiment)
            );
            sections.push(("experiment", "Experiment".to_owned(), text));
        }
        if !self.facts().is_empty() {
            sections.push(("environment", "Made with".to_owned(), self.fact_list()));
        }
        let lead = format!(
            "Cases: {n_cases}, folds: {n_folds}. Mean and median leave undefined scores out; n says how many are defined."
        );
        document(title, &lead, &sections)
    }

    /// How much of the truth each class is, see [`class_frequencies`].
    #[must_use]
    pub fn class_frequencies(&self) -> crate::Plot {
        let of_truth = |(_, case): (usize, &crate::Scored)| {
            let counts = case.counts.iter().map(|counts| counts.true_positives + counts.false_negatives);
            (case.id.clone(), counts.collect())
        };
        // A case that several folds have scored is one case.
        let by_case: BTreeMap<_, Vec<u64>> = self.cases().map(of_truth).collect();
        class_frequencies(self.classes(), &by_case.into_values().collect::<Vec<_>>())
    }

    /// Rows of cells: the five worst cases of each foreground class by the first metric.
    fn worst_cases(&self) -> Vec<Vec<String>> {
        let metric = &self.metrics()[0].name;
        let mut rows = vec![vec!["class".into(), "case".into(), "fold".into(), metric.clone()]];
        for (class_idx, class) in self.classes().iter().enumerate().skip(1) {
            rows.extend(self.worst(0, class_idx, 5).into_iter().map(|(fold, case, score)| {
                vec![class.clone(), case.id.to_string(), fold.to_string(), self.cell(0, Some(score))]
            }));
        }
        rows
    }

    /// Rows of cells: each case with its foreground scores.
    fn every_case(&self) -> Vec<Vec<String>> {
        let mut head = vec!["case".to_owned(), "fold".to_owned()];
        for metric in self.metrics() {
            head.extend(self.classes()[1..].iter().map(|class| format!("{} {class}", metric.name)));
        }
        let row = |(fold, case): (usize, &crate::Scored)| {
            let mut row = vec![case.id.to_string(), fold.to_string()];
            for (metric_idx, scores) in case.scores.iter().enumerate() {
                row.extend(scores[1..].iter().map(|&score| self.cell(metric_idx, score)));
            }
            row
        };
        std::iter::once(head).chain(self.cases().map(row)).collect()
    }

    fn conventions(&self) -> String {
        let line =
            |(name, text): (&str, &str)| format!("<dt>{}</dt><dd>{}</dd>\n", escape(name), escape(text));
        let lines = self.metrics().iter().map(|metric| (&*metric.name, &*metric.about.convention));
        format!("<dl>\n{}</dl>\n", lines.map(line).collect::<String>())
    }

    fn fact_list(&self) -> String {
        let line = |(name, value): &(String, String)| {
            format!("<dt>{}</dt><dd><code>{}</code></dd>\n", escape(name), escape(value))
        };
        format!("<dl>\n{}</dl>\n", self.facts().iter().map(line).collect::<String>())
    }
}

/// A page of sections: each with its id, its heading and its content as HTML.
pub(super) fn document(title: &str, lead: &str, sections: &[(&str, String, String)]) -> String {
    let (title, lead) = (escape(title), escape(lead));
    let contents: String = sections
        .iter()
        .map(|(id, heading, _)| format!("<li><a href=\"#{id}\">{heading}</a></li>\n"))
        .collect();
    let sections: String = sections
        .iter()
        .map(|(id, heading, content)| {
            format!(
                "<section id=\"{id}\" aria-labelledby=\"{id}-h\">\n<h2 id=\"{id}-h\">{heading}</h2>\n{content}</section>\n"
            )
        })
        .collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <title>{title}</title>\n<style>\n{STYLE}{PLOT_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n\
         <p class=\"lead\">{lead}</p>\n<nav aria-label=\"Contents\">\n<ul>\n{contents}</ul>\n</nav>\n{sections}</main>\n\
         <script>\n{SCRIPT}</script>\n</body>\n</html>\n",
    )
}

/// A case's picture, and its animation behind a word to open it: nothing moves unasked.
fn figure(picture: &CasePicture) -> String {
    let CasePicture { case, png, size: [width, height], animation } = picture;
    let (id, why) = (escape(&case.id.0), escape(&case.why));
    let least = width.min(&640); // letters on a picture are to be read on a telephone too
    let alt = format!("Slices of {id} with the labels of truth and prediction in color");
    let mut html = format!(
        "<h3>{id} <span class=\"why\">fold {}: {why}</span></h3>\n<figure>\
         <img src=\"data:image/png;base64,{}\" width=\"{width}\" height=\"{height}\" alt=\"{alt}\" \
         style=\"min-width: {least}px\"></figure>\n",
        case.fold,
        BASE64.encode(png)
    );
    match animation {
        Some(Animation::Within(gif)) => {
            let _ = write!(
                html,
                "<details>\n<summary>Animation of {id}</summary>\n<img src=\"data:image/gif;base64,{}\" \
                 alt=\"Animation through the slices of {id}\">\n</details>\n",
                BASE64.encode(gif)
            );
        }
        Some(Animation::Beside(path)) => {
            let path = escape(path);
            let _ = writeln!(html, "<p><a href=\"{path}\">Animation of {id}: {path}</a></p>");
        }
        None => {}
    }
    html
}

/// `html` is a table that shall sort.
pub(super) fn sortable(html: &str) -> String {
    html.replacen("<table>", "<table data-sortable>", 1)
}

/// A table of rows of text, the head first; the first `n_text` columns are names, the others numbers. It can be moved
/// through by keyboard where it is wider than the page.
pub(super) fn table(name: &str, rows: &[Vec<String>], n_text: usize) -> String {
    let mut html = format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table>\n",
        escape(name)
    );
    let Some((head, rows)) = rows.split_first() else { return String::new() };
    let class = |column: usize| if column < n_text { " class=\"name\"" } else { "" };
    html.push_str("<thead>\n<tr>");
    for (column, cell) in head.iter().enumerate() {
        let _ = write!(html, "<th{} scope=\"col\">{}</th>", class(column), escape(cell));
    }
    html.push_str("</tr>\n</thead>\n<tbody>\n");
    for row in rows {
        html.push_str("<tr>");
        for (column, cell) in row.iter().enumerate() {
            let _ = write!(html, "<td{}>{}</td>", class(column), escape(cell));
        }
        html.push_str("</tr>\n");
    }
    html + "</tbody>\n</table></div>\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cross_validate::tests::report;

    #[test]
    fn the_page_stands_alone_and_text_is_escaped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        let report = report().with_facts(vec![("seed".into(), "<script>alert(1)</script>".into())]);
        let parts =
            PageParts { experiment: Some("classes = [\"</pre><b>\"]".into()), ..PageParts::default() };
        report.write_page(&path, "Kidney \"&\" tumor", &parts).unwrap();
        let page = std::fs::read_to_string(path).unwrap();
        assert!(page.contains("<title>Kidney &quot;&amp;&quot; tumor</title>"));
        assert!(page.contains("tumor &amp; &lt;cyst&gt;") && !page.contains("<cyst>"));
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script>alert"));
        assert!(page.contains("[&quot;&lt;/pre&gt;&lt;b&gt;&quot;]"));
        for outside in ["http:", "https:", "src=\"/", "url(", "@import", "<link"] {
            assert!(!page.contains(outside), "{outside} in the page");
        }
        for (_, case) in report.cases() {
            assert!(page.contains(&format!("<td class=\"name\">{}</td>", case.id)));
        }
    }
}
