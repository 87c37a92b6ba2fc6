//! The page of a report, opened in Chromium; passed over where there is none.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod browser;

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use browser::Browser;
use mis_core::ndarray::{Array3, Array4};
use mis_core::{Affine, LabelMap, SampleId, Volume};
use mis_eval::{
    CasePicture, FoldHistory, IntensitySample, Overlay, OverlayStyle, PageParts, Report, cross_validate,
    dice_curves, intensity_histograms, k_fold, loss_curves, score_case, standard_metrics,
};
use serde_json::{Value, json};

const SHAPE: [usize; 3] = [24, 64, 64];

fn affine() -> Affine {
    Affine::new([[0., 0., -1.5, 0.], [0., -1.5, 0., 0.], [-4., 0., 0., 0.], [0., 0., 0., 1.]]).unwrap()
}

/// A kidney with a tumor, shifted by so many voxels.
fn labels(shift: usize) -> LabelMap {
    let inside = |at: usize, center: usize, radius: f64| ((at as f64 - center as f64) / radius).powi(2);
    let data = Array3::from_shape_fn(SHAPE, |(i, j, k)| {
        let kidney = inside(i, 12, 8.0) + inside(j, 30 + shift, 12.0) + inside(k, 40, 9.0) <= 1.0;
        let tumor = inside(i, 10, 4.0) + inside(j, 24 + shift, 6.0) + inside(k, 38, 6.0) <= 1.0;
        if tumor { 2 } else { u8::from(kidney) }
    });
    LabelMap::new(data, affine()).unwrap()
}

fn scan(truth: &LabelMap) -> Volume {
    let [i, j, k] = SHAPE;
    let data = Array4::from_shape_fn((1, i, j, k), |(_, i, j, k)| {
        let noise = ((i * 7919 + j * 104_729 + k * 1_299_709) % 41) as f32;
        [-90.0, 150.0, 60.0][usize::from(truth.data()[(i, j, k)])] + noise
    });
    Volume::new(data, affine()).unwrap()
}

/// A report of twelve cases with everything that a page can have.
fn write_report(folder: &Path) -> Report {
    let ids: Vec<SampleId> = (0..12).map(|n| SampleId(format!("case_{n:05}"))).collect();
    let classes = ["background", "kidney", "tumor <&>"].map(String::from);
    let metrics = standard_metrics();
    let number = |id: &SampleId| id.0[5..].parse::<usize>().unwrap();
    let report = cross_validate(&k_fold(&ids, 3, 0).unwrap(), &classes, &metrics, |_, split| {
        let score = |id| score_case(id, &labels(number(id) * 5 % 12), &labels(0), &metrics, 3);
        split.validation.iter().map(score).collect()
    })
    .unwrap()
    .with_facts(vec![("seed".into(), "42".into()), ("data".into(), "<b>not bold</b>".into())]);
    let histories: Vec<_> = (0..3)
        .map(|fold| {
            let path = folder.join(format!("history_{fold}.tsv"));
            let mut text = "epoch\tloss\tval_loss\tval_dice_class-1\tval_dice_class-2\n".to_owned();
            for epoch in 1..=40 {
                let loss = 2.0 / (epoch as f64).sqrt() + 0.05 * (fold + epoch % 3) as f64;
                text += &format!(
                    "{epoch}\t{loss}\t{}\t{}\t{}\n",
                    loss + 0.1,
                    0.95 - loss / 3.0,
                    0.7 - loss / 3.0
                );
            }
            fs::write(&path, text).unwrap();
            FoldHistory::read(&path, fold).unwrap()
        })
        .collect();
    let truth = labels(0);
    let image = scan(&truth);
    let style = OverlayStyle { errors: true, tiles: 6, ..OverlayStyle::default() };
    let cases = report.telling_cases(6).into_iter().map(|case| {
        let found = labels(number(&case.id) * 5 % 12);
        let overlay = Overlay {
            title: &case.id.0,
            image: &image,
            labels: &found,
            truth: Some(&truth),
            classes: &classes,
        };
        let gif = folder.join("x.gif");
        overlay.write_gif(&style, &gif).unwrap();
        CasePicture::new(case.clone(), &overlay, &style).unwrap().with_animation(fs::read(gif).unwrap())
    });
    let parts = PageParts {
        plots: vec![
            loss_curves(&histories).unwrap(),
            dice_curves(&histories, &classes).unwrap(),
            intensity_histograms(&[IntensitySample::of(&image, 0)], "HU").unwrap(),
        ],
        cases: cases.collect(),
        experiment: Some("seed = 42\nclasses = [\"background\", \"kidney\", \"tumor <&>\"]\n".into()),
    };
    report.write_page(&folder.join("report.html"), "Cross-validation", &parts).unwrap();
    report
}

/// The texts of a column of the sortable table.
fn column(browser: &mut Browser, column: usize) -> Vec<String> {
    let texts = browser.evaluate(&format!(
        "[...document.querySelector('table[data-sortable]').tBodies[0].rows].map(r => r.cells[{column}].textContent)"
    ));
    texts.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn screenshot(browser: &mut Browser, path: &Path, width: u32, scheme: &str, section: Option<&str>) {
    let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
    browser.call("Emulation.setEmulatedMedia", &json!({ "features": features }));
    browser.call(
        "Emulation.setDeviceMetricsOverride",
        &json!({ "width": width, "height": 1400, "deviceScaleFactor": 1, "mobile": false }),
    );
    if let Some(section) = section {
        browser.evaluate(&format!("document.getElementById('{section}').scrollIntoView()"));
    }
    let whole = section.is_none();
    let shot =
        browser.call("Page.captureScreenshot", &json!({ "format": "png", "captureBeyondViewport": whole }));
    fs::write(path, BASE64.decode(shot["data"].as_str().unwrap()).unwrap()).unwrap();
}

#[test]
fn a_page_opens_without_errors_or_requests_and_its_table_sorts_by_key() {
    let Some(program) = browser::find() else {
        eprintln!("passed over: no chromium (Debian: apt install chromium)");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let report = write_report(folder.path());
    let page = folder.path().join("report.html");
    let mut browser = Browser::start(&program);
    browser.open(&page);

    for method in ["Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled"] {
        assert_eq!(browser.events_of(method), Vec::<&Value>::new(), "{method}");
    }
    for request in browser.events_of("Network.requestWillBeSent") {
        let url = request["request"]["url"].as_str().unwrap();
        assert!(
            url.starts_with("file:///") && url.ends_with("report.html") || url.starts_with("data:"),
            "{url}"
        );
    }
    let broken = browser.evaluate("[...document.images].filter(i => i.alt === '').length");
    assert_eq!(broken, 0, "pictures without words for them");
    let shown = "[...document.images].filter(i => !i.closest('details')).every(i => i.complete && i.naturalWidth > 0)";
    assert_eq!(browser.evaluate(shown), true, "each picture is one");
    assert_eq!(browser.evaluate("document.querySelectorAll('svg[role=img][aria-label]').length"), 5);
    assert_eq!(
        browser.evaluate("document.querySelectorAll('main b, main script').length"),
        0,
        "text is no markup"
    );

    // By keyboard alone: to the head of the second score, and twice the space bar or Enter.
    let head = "document.querySelector('table[data-sortable]').tHead.rows[0].cells[2]";
    let mut n = 0;
    while browser.evaluate(&format!("{head}.contains(document.activeElement)")) != true {
        browser.press("Tab", 9, "");
        n += 1;
        assert!(n < 200, "the table's head is not reached by Tab");
    }
    let outline = browser.evaluate("getComputedStyle(document.activeElement).outlineStyle");
    assert_eq!(outline, "solid", "what has the focus shows it");
    for (key, code, text, direction) in [(" ", 32, " ", "ascending"), ("Enter", 13, "\r", "descending")] {
        browser.press(key, code, text);
        assert_eq!(browser.evaluate(&format!("{head}.ariaSort")), direction);
        let found: Vec<f64> = column(&mut browser, 2).iter().map(|text| text.parse().unwrap()).collect();
        let mut expected = found.clone();
        expected.sort_by(|a, b| if direction == "ascending" { a.total_cmp(b) } else { b.total_cmp(a) });
        assert_eq!(found, expected);
        assert_eq!(found.len(), report.cases().count());
    }
    let sorted = "document.querySelectorAll('[aria-sort=ascending], [aria-sort=descending]').length";
    assert_eq!(browser.evaluate(sorted), 1);

    // At the width of a telephone the page does not move sideways, its tables do.
    browser.call(
        "Emulation.setDeviceMetricsOverride",
        &json!({ "width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": false }),
    );
    assert_eq!(browser.evaluate("document.documentElement.scrollWidth"), 360);

    if let Some(out) = std::env::var_os("MIS_SCREENSHOTS") {
        let out = Path::new(&out);
        fs::create_dir_all(out).unwrap();
        fs::copy(&page, out.join("report.html")).unwrap();
        for (name, width, scheme) in
            [("light", 1200, "light"), ("dark", 1200, "dark"), ("narrow", 360, "light")]
        {
            screenshot(&mut browser, &out.join(format!("{name}.png")), width, scheme, None);
            screenshot(&mut browser, &out.join(format!("{name}-cases.png")), width, scheme, Some("cases"));
        }
    }
}
