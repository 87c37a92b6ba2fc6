//! A report as one page for a browser.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use mis_core::write_atomically;

use crate::Report;
use crate::report::box_plot::box_plot;

const STYLE: &str = include_str!("report.css");

impl Report {
    /// Writes `report.html`: one page that needs nothing but itself, in light or dark as the reader's system has it.
    /// It holds the facts, the first metric as a box plot, all tables of [`table`](Self::table), the worst cases, and
    /// every score of every case.
    pub fn write_html(&self, path: &Path, title: &str) -> Result<()> {
        write_atomically(path, |file| Ok(file.write_all(self.page(title).as_bytes())?))
    }

    fn page(&self, title: &str) -> String {
        let title = escape(title);
        let (n_cases, n_folds) = (self.cases().count(), self.folds().len());
        let first = escape(&self.metrics()[0].name);
        let sections = [
            section("Scores over all cases", &table(&self.overview(), 2)),
            section(&format!("Spread of {first}"), &format!("<figure>{}</figure>", box_plot(self, 0))),
            if n_folds > 1 {
                section(&format!("Mean / median of {first} by fold"), &table(&self.by_fold(), 1))
            } else {
                String::new()
            },
            section(&format!("Worst cases by {first}"), &table(&self.worst_cases(), 2)),
            section("Every case", &table(&self.every_case(), 1)),
            section("How the scores are defined", &self.conventions()),
            section("Facts", &self.fact_list()),
        ];
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n\
             <p class=\"lead\">Cases: {n_cases}, folds: {n_folds}. Mean and median leave undefined scores out; n says \
             how many are defined.</p>\n{}</main>\n</body>\n</html>\n",
            sections.concat()
        )
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

/// Text as it may stand between tags and in quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// `heading` and `content` are HTML already.
fn section(heading: &str, content: &str) -> String {
    format!("<section>\n<h2>{heading}</h2>\n{content}</section>\n")
}

/// A table of rows of text, the head first; the first `n_text` columns are names, the others numbers.
fn table(rows: &[Vec<String>], n_text: usize) -> String {
    let mut html = String::from("<div class=\"scroll\" tabindex=\"0\"><table>\n");
    for (row_idx, row) in rows.iter().enumerate() {
        html.push_str("<tr>");
        for (column, cell) in row.iter().enumerate() {
            let class = if column < n_text { " class=\"name\"" } else { "" };
            let (tag, scope) = if row_idx == 0 { ("th", " scope=\"col\"") } else { ("td", "") };
            let _ = write!(html, "<{tag}{class}{scope}>{}</{tag}>", escape(cell));
        }
        html.push_str("</tr>\n");
    }
    html + "</table></div>\n"
}

#[cfg(test)]
mod tests {
    use crate::cross_validate::tests::report;

    #[test]
    fn the_page_stands_alone_and_text_is_escaped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        let report = report().with_facts(vec![("seed".into(), "<script>alert(1)</script>".into())]);
        report.write_html(&path, "Kidney \"&\" tumor").unwrap();
        let page = std::fs::read_to_string(path).unwrap();
        assert!(page.contains("<title>Kidney &quot;&amp;&quot; tumor</title>"));
        assert!(page.contains("tumor &amp; &lt;cyst&gt;") && !page.contains("<cyst>"));
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script"));
        for outside in ["http:", "https:", "src=", "url(", "@import", "<link"] {
            assert!(!page.contains(outside), "{outside} in the page");
        }
        for (_, case) in report.cases() {
            assert!(page.contains(&format!("<td class=\"name\">{}</td>", case.id)));
        }
        assert_eq!(page.matches("<circle").count(), 2 * report.cases().count());
    }
}
